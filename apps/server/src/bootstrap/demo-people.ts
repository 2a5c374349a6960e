/** The three agents of the demo tenant. Their telephones lie in the simulated network. */
export const demoPeople = [
  { userId: 'asha', name: 'Asha Rao', phone: '+911130000101' },
  { userId: 'bilal', name: 'Bilal Khan', phone: '+911130000102' },
  { userId: 'chitra', name: 'Chitra Nair', phone: '+911130000103' },
] as const;

/** The first rings Asha, the second rings all three. */
export const demoExophones = ['+918000000001', '+918000000002'] as const;

/** Numbers that the simulated network answers, whatever the account's own country is. */
export const simulatedPrefixes = ['+911130000'] as const;
