'use strict';

// Smartcar's SDK for Node behind a pipe: a call a line in, what the SDK made of it a line out.

const readline = require('node:readline');
const smartcar = require('smartcar');

const filterOf = ({ user_id: userId, vehicle_id: vehicleId }) => ({ userId, vehicleId });

async function called({ call, token, filter, paging }) {
  const answer = call === 'list'
    ? await smartcar.getConnections(token, filterOf(filter), paging)
    : await smartcar.deleteConnections(token, filterOf(filter));
  const rows = answer.connections.map((row) => ({
    user_id: row.userId,
    vehicle_id: row.vehicleId,
    connected_at: row.connectedAt ?? null,
  }));
  return {
    connections: rows,
    cursor: answer.paging?.cursor ?? null,
    request_id: answer.meta.requestId ?? null,
  };
}

function failed(error) {
  return {
    error: {
      class: error.name,
      message: error.message,
      type: error.type ?? null,
      code: error.code ?? null,
      status: error.statusCode ?? null,
      request_id: error.requestId ?? null,
      description: error.description ?? null,
      doc_url: error.docURL ?? null,
      detail: error.detail ?? null,
      retry_after: error.retryAfter ?? null,
    },
  };
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const said = await called(JSON.parse(line)).catch(failed);
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
}

main();
