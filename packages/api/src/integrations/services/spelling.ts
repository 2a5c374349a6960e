/** Fields of a user, by our own name. */
export type UserField = 'userId' | 'name' | 'email' | 'exotelUserName' | 'phone' | 'virtualNumber' | 'sip';

/** How a generation of the API spells the fields that a refusal may have to name. */
export type UserSpelling = Readonly<Record<UserField, string>>;

export const camelSpelling: UserSpelling = {
  userId: 'AppUserId',
  name: 'AppUsername',
  email: 'Email',
  exotelUserName: 'ExotelUserName',
  phone: 'AgentNumber',
  virtualNumber: 'VirtualNumber',
  sip: 'DeviceStatus',
};

export const snakeSpelling: UserSpelling = {
  userId: 'user_id',
  name: 'name',
  email: 'email',
  exotelUserName: 'name',
  phone: 'phone',
  virtualNumber: 'virtual_number',
  sip: 'sip',
};
