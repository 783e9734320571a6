// The chosen theme, set before anything is painted. src/theme.ts writes it.
try {
  const theme = localStorage.getItem("berth.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off in this browser: the system's preference decides.
}
