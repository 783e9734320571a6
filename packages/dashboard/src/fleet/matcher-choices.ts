/** What a person may silence who looks at an alert. Pure. */
import type { Alert, SilenceMatchers } from "@berth/shared/api/alerts";

/** From this very alert to everything of its node or tenant. */
export function matcherChoices({ rule, labels }: Pick<Alert, "rule" | "labels">): SilenceMatchers[] {
  const { node, tenant, instance } = labels;
  return [
    { rule, ...placeOf(labels) },
    ...(instance === undefined ? [] : [{ instance }]),
    ...(node === undefined ? [] : [{ node }]),
    ...(tenant === undefined ? [] : [{ tenant }]),
  ];
}

/** The narrowest there is: the rule alone would silence every tenant's. */
function placeOf({ node, tenant, instance }: Alert["labels"]): SilenceMatchers {
  if (instance !== undefined) return { instance };
  if (node !== undefined) return { node };
  return tenant === undefined ? {} : { tenant };
}
