// Light or dark: what the system wishes, until somebody chooses.
import { computed, effect, signal } from "@preact/signals";

export type Theme = "light" | "dark";
export type ThemeChoice = Theme | "system";

const key = "clickmill.theme";
const darkWish = window.matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<Theme>(darkWish.matches ? "dark" : "light");
darkWish.addEventListener("change", () => {
  systemTheme.value = darkWish.matches ? "dark" : "light";
});

export const themeChoice = signal<ThemeChoice>(stored());
export const theme = computed<Theme>(() =>
  themeChoice.value === "system" ? systemTheme.value : themeChoice.value,
);

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  try {
    if (choice === "system") window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, choice);
  } catch {
    // Storage can be forbidden; the choice then holds for this page.
  }
}

function stored(): ThemeChoice {
  try {
    const text = window.localStorage.getItem(key);
    return text === "light" || text === "dark" ? text : "system";
  } catch {
    return "system";
  }
}
