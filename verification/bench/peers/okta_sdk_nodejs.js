// (C) okta_workflows authors 2026-present
// All rights reserved
// Licensed under a 3-clause BSD style license (see LICENSE)

// Okta's own SDK for Node.js: `listLogEvents`, with the paging that it brings.

'use strict';

const { readFileSync } = require('node:fs');
const okta = require('@okta/okta-sdk-nodejs');

const [orgUrl] = process.argv.slice(2);

async function main() {
  const started = performance.now();
  const client = new okta.Client({ orgUrl, token: 'k', testing: { disableHttpsCheck: true } });
  const since = new Date('2026-01-01T00:00:00Z');
  const until = new Date('2036-01-01T00:00:00Z');
  let events = 0;
  const collection = await client.systemLogApi.listLogEvents({ since, until, limit: 1000 });
  await collection.each(() => { events += 1; });
  const peakKib = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  console.log(JSON.stringify({ events, seconds: (performance.now() - started) / 1000, 'peak kib': peakKib }));
}

main();
