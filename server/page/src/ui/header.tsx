import { useState } from "preact/hooks";
import { theme, toggleTheme } from "../shell/theme";
import { MoonIcon, SunIcon } from "./icons";
import { ProofButton } from "./proof";
import { Voices } from "./voices";

interface Props {
  stats: () => Promise<RTCStatsReport> | undefined;
}

export function Header({ stats }: Props) {
  return (
    <header class="header">
      <p class="wordmark">
        <Voices />
        Antiphon
      </p>
      <ProofButton stats={stats} />
      <ThemeButton />
    </header>
  );
}

function ThemeButton() {
  const [shown, setShown] = useState(theme());
  const other = shown === "light" ? "dark" : "light";
  const toggle = () => {
    toggleTheme();
    setShown(theme());
  };
  return (
    <button type="button" class="quiet" onClick={toggle} aria-label={`Use ${other} colours`}>
      {shown === "light" ? <MoonIcon /> : <SunIcon />}
    </button>
  );
}
