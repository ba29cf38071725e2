// Checks the Content-Security-Policy that the pages were served with: `node check-csp.mjs [csp.txt]`.
// Each line of the file is one policy. Every check that csp_evaluator has runs; a finding of any severity fails.
import { readFileSync } from 'node:fs';
import evaluator from 'csp_evaluator';
import security from 'csp_evaluator/dist/checks/security_checks.js';
import { Severity } from 'csp_evaluator/dist/finding.js';
import { CspParser } from 'csp_evaluator/dist/parser.js';

const { CspEvaluator, DEFAULT_CHECKS, STRICTCSP_CHECKS } = evaluator;
const CHECKS_OF_THE_TEXT = [...STRICTCSP_CHECKS, security.checkHasConfiguredReporting];

const file = process.argv[2] ?? 'target/pages/csp.txt';
const policies = readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() !== '');
let findings = 0;

for (const policy of policies) {
  const found = new CspEvaluator(new CspParser(policy).csp).evaluate(CHECKS_OF_THE_TEXT, DEFAULT_CHECKS);
  findings += found.length;
  if (found.length > 0) console.log(policy);
  for (const { severity, directive, value, description } of found) {
    console.log(`  ${Severity[severity]} ${[directive, value].filter(Boolean).join(' ')}: ${description}`);
  }
}

if (policies.length === 0) console.log(`${file} holds no policy`);
console.log(`csp_evaluator: ${policies.length} policies, ${findings} findings`);
process.exitCode = policies.length > 0 && findings === 0 ? 0 : 1;
