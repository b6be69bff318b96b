/** The page's own signs, drawn on a grid of 24. */

import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const MicrophoneIcon = () => (
  <Icon>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </Icon>
);

export const MutedIcon = () => (
  <Icon>
    <path d="M9 9.5V6a3 3 0 0 1 6 0v5.5M14.3 13.4A3 3 0 0 1 9 11.5" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 10.7 5M18.5 11.5a6.4 6.4 0 0 1-.4 2.2M12 18v3M4 4l16 16" />
  </Icon>
);

export const EndIcon = () => (
  <Icon>
    <path d="M3.5 14.8c-.7-1-.6-2.3.2-3.2C5.8 9.4 8.8 8.2 12 8.2s6.2 1.2 8.3 3.4c.8.9.9 2.2.2 3.2l-.9 1.1c-.4.5-1.1.7-1.7.4l-2.5-1.1c-.5-.2-.8-.7-.8-1.3l-.1-1.6a9.6 9.6 0 0 0-5 0l-.1 1.6c0 .6-.3 1.1-.8 1.3l-2.5 1.1c-.6.3-1.3.1-1.7-.4z" />
  </Icon>
);

export const InterruptIcon = () => (
  <Icon>
    <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z" />
    <path d="m16 9.5 5 5M21 9.5l-5 5" />
  </Icon>
);

export const SoundIcon = () => (
  <Icon>
    <path d="M4 7h9M19 7h1M4 17h1M11 17h9" />
    <circle cx="16" cy="7" r="2.5" />
    <circle cx="8" cy="17" r="2.5" />
  </Icon>
);

export const HouseIcon = () => (
  <Icon>
    <path d="M4 11.5 12 4.5l8 7M6.5 9.8V19h11V9.8" />
    <path d="M10 19v-5h4v5" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />
  </Icon>
);

export const WarningIcon = () => (
  <Icon>
    <path d="M12 4 2.8 19.5h18.4zM12 10v4.5" />
    <path d="M12 17.2v.1" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);

export const DownIcon = () => (
  <Icon>
    <path d="m6 9.5 6 6 6-6" />
  </Icon>
);
