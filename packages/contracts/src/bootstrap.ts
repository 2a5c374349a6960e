/** `<data>/bootstrap.json`, written once with the demo tenant; part of the run contract. */
export interface Bootstrap {
  http_url: string;
  sip_ws_url: string;
  /** host:port */
  sip_udp: string;
  admin: { email: string; password: string };
  customer: { id: string; secret: string };
  account: { sid: string; api_key: string; api_token: string };
  app: { id: string; secret: string };
  users: BootstrapUser[];
  exophones: string[];
  simulated_numbers: {
    echo: string;
    answer_tone: string;
    busy: string;
    no_answer: string;
    reject: string;
    dtmf_readback: string;
  };
}

export interface BootstrapUser {
  user_id: string;
  name: string;
  sip_username: string;
  sip_password: string;
  sip_domain: string;
  phone: string;
}
