/** The style sheet's colours, for canvases, which cannot read custom properties themselves. */
export interface Palette {
  line: string;
  text: string;
  grid: string;
  limit: string;
  /** What charts are drawn on. */
  surface: string;
  /** Curves of a chart, in order. */
  curves: readonly string[];
}

let known: Palette | undefined;

/** Read from the document once and kept until `forgetPalette`. */
export function palette(): Palette {
  known ??= readPalette();
  return known;
}

/** Called when the theme changes. */
export function forgetPalette(): void {
  known = undefined;
}

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    line: colour("accent"),
    text: colour("muted"),
    grid: colour("line-faint"),
    limit: colour("warning"),
    surface: colour("surface"),
    curves: ["curve-1", "curve-2", "curve-3", "curve-4", "curve-5", "curve-6"].map(colour),
  };
}
