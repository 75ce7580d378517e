// Rules of alerts whose marks are fixed where they are judged: the store has them for whoever looks there.
import { isDeepStrictEqual } from "node:util";
import type { Ref } from "#protocols/actor-ref.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { AlertRuleTerms } from "#protocols/tasks/alert-records.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";

/**
 * Marks that somebody has changed are put right, as nothing goes by them. A rule that somebody has disabled
 * stays so, and its alerts are told to nobody.
 */
export async function putFixedRules(
  store: Ref<Store>,
  rules: readonly AlertRuleTerms[],
): Promise<void> {
  const stored = await store.alertRules(storeLimits.alertRulesMax);
  for (const rule of rules) {
    const former = stored.find(({ ruleId }) => ruleId === rule.ruleId);
    const { version = null, isEnabled = true } = former ?? {};
    const right = { ...rule, isEnabled };
    if (isDeepStrictEqual({ ...right, version }, former)) continue;
    // Who changes it just now is overruled at the next start.
    await store.putAlertRule({ rule: right, version });
  }
}
