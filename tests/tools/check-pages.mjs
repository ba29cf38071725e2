// Checks the HTML that the browser tests saved, with html-validate and the Nu HTML checker:
// `node check-pages.mjs [folder]`. The files must hold what the server sent, not a browser's DOM written out again,
// which has no syntax errors left to find. Any finding, also a mere warning, fails.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { FileSystemConfigLoader, HtmlValidate } from 'html-validate';
import vnuJar from 'vnu-jar';

const RULES = {
  extends: ['html-validate:recommended'],
  rules: {
    // Advice for search engines. Titles here name the thing, and some things have long names.
    'long-title': 'off',
    // How templates are written, not what a page is.
    'no-trailing-whitespace': 'off',
  },
};

async function htmlValidate(files) {
  const checker = new HtmlValidate(new FileSystemConfigLoader({ root: true, ...RULES }));
  const findings = [];
  for (const file of files) {
    for (const { messages } of (await checker.validateFile(file)).results) {
      for (const { line, column, ruleId, message } of messages) {
        findings.push({ file, line, column, text: `${message} (html-validate ${ruleId})` });
      }
    }
  }
  return findings;
}

// The language guess is off: test data in another tongue is not a fault of the page.
const NU_OPTIONS = ['--stdout', '--format', 'json', '--exit-zero-always', '--no-langdetect'];

async function nuHtmlChecker(files) {
  const command = ['-Xss8m', '-jar', String(vnuJar), ...NU_OPTIONS, ...files];
  const { stdout } = await promisify(execFile)('java', command, { maxBuffer: 1 << 28 });
  return JSON.parse(stdout).messages.map(({ url, lastLine, lastColumn, message, type, subType }) => ({
    file: join(folder, basename(decodeURIComponent(url ?? ''))),
    line: lastLine,
    column: lastColumn,
    text: `${message} (Nu ${subType ?? type})`,
  }));
}

const folder = process.argv[2] ?? 'target/pages';
const files = readdirSync(folder).filter((name) => name.endsWith('.html')).sort().map((name) => join(folder, name));
if (files.length === 0) {
  console.log(`${folder} holds no page`);
  process.exit(1);
}

const findings = [...(await htmlValidate(files)), ...(await nuHtmlChecker(files))];
for (const file of [...new Set(findings.map((finding) => finding.file))].sort()) {
  console.log(file);
  for (const { line, column, text } of findings.filter((finding) => finding.file === file)) {
    console.log(`  ${line ?? '?'}:${column ?? '?'} ${text}`);
  }
}
console.log(`html-validate and the Nu HTML checker: ${files.length} pages, ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
