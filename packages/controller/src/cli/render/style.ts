import picocolors from "picocolors";

export type Style = ReturnType<typeof picocolors.createColors>;

export function createStyle(colours: boolean): Style {
  return picocolors.createColors(colours);
}

/** Without colours, for files and tests. */
export const plainStyle: Style = createStyle(false);
