/** The router's key to its routes: it reads them, and nothing else. No instance is named `berth-routes`. */
export const routesTokenName = "berth-routes/token";
