import type { CallRecord } from '@intermix/calls';
import { toE164 } from '@intermix/calls';
import type { CamelApp, CamelCustomer, CamelOutboundCall, CamelUser, CamelUserCreate } from '@intermix/contracts';
import type { Random } from '@intermix/kernel';
import { ApiError } from '../../http/api-error.js';
import type { AppRecord, CustomerRecord, MappedUser } from '../ports.js';
import type { AppScope } from '../services/app-scope.js';
import { encryptSipSecret } from '../services/sip-secret.js';
import type { WantedUser } from '../services/user-service.js';

export function camelCustomer(customer: CustomerRecord): CamelCustomer {
  return {
    CustomerID: customer.id,
    CustomerName: customer.name,
    Email: customer.email ?? '',
    CustomerSetting: null,
    CreatedAt: customer.createdAt.toISOString(),
    UpdatedAt: customer.updatedAt.toISOString(),
    DeletedAt: false,
  };
}

export function camelApp(app: AppRecord): CamelApp {
  return {
    AppID: app.id,
    CustomerID: app.customerId,
    AppName: app.name,
    ExotelAccountSid: app.accountSid,
    ExotelDomain: app.exotelDomain,
    IsActive: app.isActive,
    CreatedAt: app.createdAt.toISOString(),
    UpdatedAt: app.updatedAt.toISOString(),
  };
}

const ivBytes = 16;

export function camelUser(app: AppScope, user: MappedUser, sipPassword: string, random: Random): CamelUser {
  return {
    CustomerId: app.customerId,
    customer_id: app.customerId,
    AppID: app.appId,
    AppUserId: user.userId,
    ExotelAccountSid: app.accountSid,
    ExotelUserId: user.exotelUserId,
    AppUsername: user.name,
    ExotelUserName: user.exotelUserName ?? user.name,
    AgentNumber: user.phone ?? '',
    ActiveDeviceId: user.lastEnabledDevice === 'sip' ? user.sipDeviceId : user.phoneDeviceId,
    PhoneDeviceID: user.phoneDeviceId,
    SipDeviceID: user.sipDeviceId,
    VirtualNumber: user.virtualNumber ?? '',
    Email: user.email ?? '',
    OutboundActive: user.outboundActive,
    Role: user.role,
    SipId: `sip:${user.sipUsername}`,
    SipSecret: encryptSipSecret(sipPassword, random.bytes(ivBytes)),
    IsActive: user.isActive,
    CreatedAt: user.createdAt.toISOString(),
    UpdatedAt: user.updatedAt.toISOString(),
  };
}

/** A user of this generation begins with its browser on and its telephone off. */
export function wantedUser(input: CamelUserCreate): WantedUser {
  return {
    userId: input.AppUserId,
    name: input.AppUsername.trim(),
    email: input.Email,
    exotelUserName: input.ExotelUserName.trim(),
    phone: input.AgentNumber,
    virtualNumber: input.VirtualNumber,
    devices: { sip: true, phone: false },
  };
}

const leastNameLength = 4;

/** The vendor's rule: "FirstName LastName", both longer than three characters. Throws a 400 that names the field. */
export function checkPersonName(text: string, field: string): void {
  const parts = text.trim().split(/\s+/);
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length >= 2 && [...first].length >= leastNameLength && [...last].length >= leastNameLength) return;
  throw ApiError.invalid(
    field,
    `"${field}" must be first and last name, each longer than 3 characters, such as "Ashwini Sharma".`,
  );
}

const zeroTime = '0001-01-01T00:00:00Z';

/** The answer of `outbound_call`, as the vendor fills it while the user's device is only being rung. */
export function camelOutboundCall(app: AppRecord, call: CallRecord, user: MappedUser, to: string): CamelOutboundCall {
  const dialled = nationalNumber(call.to.startsWith('+') ? call.to : to); // The switch knows the account's country.
  return {
    CustomerId: app.customerId,
    AppId: app.id,
    CallSid: call.callSid,
    ExotelAccountSid: app.accountSid,
    DialWhomNumber: dialled,
    AppUserID: user.userId,
    VirtualNumber: call.exophone ?? user.virtualNumber ?? '',
    Direction: 'outbound',
    CallStatus: '',
    CallState: 'active',
    ToNumber: dialled,
    FromNumber: `sip:${user.sipUsername}`,
    TotalDuration: 0,
    CallRecordings: '',
    AccountDomain: `${app.exotelDomain.slice(0, 1).toUpperCase()}${app.exotelDomain.slice(1).toLowerCase()}`,
    TicketId: '',
    CallDetail: null,
    CreatedAt: zeroTime,
    UpdatedAt: zeroTime,
  };
}

/** An Indian number with its leading 0, as the vendor writes it; any other stays `+E.164`. */
function nationalNumber(text: string): string {
  const number = toE164(text) ?? text;
  return number.startsWith('+91') ? `0${number.slice(3)}` : number;
}
