import { useEffect, useState } from "preact/hooks";
import type { Store } from "../shell/store";

/** Returns the value of `store`, and draws the component again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.current);
  useEffect(() => {
    setValue(store.current);
    return store.subscribe(setValue);
  }, [store]);
  return value;
}
