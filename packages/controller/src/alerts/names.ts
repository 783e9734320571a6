/** Under this name it is noted when what is amiss was looked at last. */
export const alertsLook = "alerts";
