import type { CarrierCreate, CarrierRead, CarrierUpdate, DidCreate } from '@intermix/contracts';
import type { RunningServer } from '@intermix/testkit';
import type { AdminApi } from './admin.js';

/** A carrier of the demo account, made as an operator makes one. Its secrets are of this test only. */
export async function addCarrier(admin: AdminApi, fields: CarrierCreate): Promise<CarrierRead> {
  const { status, body } = await admin.request('POST', '/api/v1/carriers', fields);
  if (status !== 201) throw new Error(`carrier: ${status} ${JSON.stringify(body)}`);
  return body;
}

export async function changeCarrier(admin: AdminApi, id: string, fields: CarrierUpdate): Promise<void> {
  const { status, body } = await admin.request('PUT', `/api/v1/carriers/${id}`, fields);
  if (status !== 200) throw new Error(`carrier: ${status} ${JSON.stringify(body)}`);
}

export async function addNumber(admin: AdminApi, carrier: CarrierRead, fields: DidCreate): Promise<void> {
  const { status, body } = await admin.request('POST', `/api/v1/carriers/${carrier.id}/dids`, fields);
  if (status !== 201) throw new Error(`number: ${status} ${JSON.stringify(body)}`);
}

/** Takes a carrier and its numbers away. */
export async function removeCarrier(admin: AdminApi, id: string): Promise<void> {
  const numbers = (await admin.request('GET', `/api/v1/carriers/${id}/dids`)).body.items as { id: string }[];
  const paths = [...numbers.map((number) => `/api/v1/carriers/${id}/dids/${number.id}`), `/api/v1/carriers/${id}`];
  for (const path of paths) {
    const { status, body } = await admin.request('DELETE', path);
    if (status !== 204) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  }
}

/** The demo user with this index as the target of a number. */
export function ringUser(server: RunningServer, index = 0): NonNullable<DidCreate['target']> {
  const user = server.bootstrap.users[index];
  if (user === undefined) throw new Error(`no demo user ${index}`);
  return { type: 'user', app_id: server.bootstrap.app.id, user_id: user.user_id };
}
