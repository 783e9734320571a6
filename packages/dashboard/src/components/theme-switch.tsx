import type { JSX } from "preact";
import { useStore } from "../store.ts";
import { chooseTheme, themeChoice, type ThemeChoice } from "../theme.ts";

const choices: readonly [ThemeChoice, string][] = [
  ["system", "System"],
  ["dark", "Dark"],
  ["light", "Light"],
];

export function ThemeSwitch(): JSX.Element {
  const chosen = useStore(themeChoice, (choice) => choice);
  return (
    <select
      class="theme"
      aria-label="Theme"
      value={chosen}
      onChange={(event) => {
        const choice = choices.find(([value]) => value === event.currentTarget.value);
        if (choice) chooseTheme(choice[0]);
      }}
    >
      {choices.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}
