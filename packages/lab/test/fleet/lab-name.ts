export const labName = "test";
