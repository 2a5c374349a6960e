/**
 * Takes due rows lane by lane, a lane being the rows of one app to one host, so that the many rows of a dead receiver are
 * not even looked at when it has no room: the recursive part goes from lane to lane by index. Of what is found, a host
 * gets as much as it has room for, and so do all sick lanes together; a row of each lane goes before the second of any.
 * $1 rows at most; $2 room of a lane, $3 lanes that differ, each `[room, is sick, rank]`; $4 and $5 room of a host for well
 * and for sick lanes, $6 hosts that differ, each `[well, sick]`; $7 room of all sick lanes; $8 seconds of lease. A row waits
 * for older ones of its call, app and host that have not had their first attempt.
 */
export const claimSql = `
  WITH RECURSIVE lanes AS (
    (SELECT d.host, d.app_id FROM webhook_deliveries d WHERE d.status = 'pending' ORDER BY d.host, d.app_id LIMIT 1)
    UNION ALL
    SELECT n.host, n.app_id FROM lanes l CROSS JOIN LATERAL (
      SELECT d.host, d.app_id FROM webhook_deliveries d
      WHERE d.status = 'pending' AND (d.host, d.app_id) > (l.host, l.app_id) ORDER BY d.host, d.app_id LIMIT 1
    ) n
  ), rooms AS MATERIALIZED (
    SELECT l.host, l.app_id, coalesce((k.lane->>0)::int, $2::int) AS room, coalesce((k.lane->>1)::boolean, false) AS is_sick,
           coalesce((k.lane->>2)::bigint, 0) AS rank
    FROM lanes l CROSS JOIN LATERAL (SELECT $3::jsonb->(l.host || ' ' || l.app_id) AS lane) k
  ), found AS (
    SELECT c.position, c.due_at, r.host, r.is_sick,
           r.rank + row_number() OVER (PARTITION BY r.host, r.app_id ORDER BY c.due_at, c.position) AS rank
    FROM rooms r CROSS JOIN LATERAL (
      SELECT d.position, d.due_at FROM webhook_deliveries d
      WHERE d.status = 'pending' AND d.host = r.host AND d.app_id = r.app_id AND d.due_at <= now()
        AND (d.locked_until IS NULL OR d.locked_until <= now())
        AND (d.attempts > 0 OR NOT EXISTS (
          SELECT 1 FROM webhook_deliveries o
          WHERE o.call_sid = d.call_sid AND o.position < d.position AND o.status = 'pending' AND o.attempts = 0
            AND o.app_id = d.app_id AND o.host = d.host))
      ORDER BY d.due_at, d.position LIMIT r.room
    ) c
  ), of_hosts AS (
    SELECT f.*, row_number() OVER (PARTITION BY f.host, f.is_sick ORDER BY f.rank, f.due_at, f.position) AS nth
    FROM found f
  ), fitting AS (
    SELECT h.position, h.due_at, h.is_sick,
           row_number() OVER (PARTITION BY h.is_sick ORDER BY h.rank, h.due_at, h.position) AS nth
    FROM of_hosts h
    WHERE h.nth <= CASE WHEN h.is_sick THEN coalesce(($6::jsonb->h.host->>1)::int, $5::int)
                        ELSE coalesce(($6::jsonb->h.host->>0)::int, $4::int) END
  ), due AS (
    SELECT f.position FROM fitting f WHERE NOT f.is_sick OR f.nth <= $7::int
    ORDER BY f.due_at, f.position LIMIT $1::int
  ), taken AS (
    SELECT d.position FROM webhook_deliveries d
    WHERE d.position IN (SELECT position FROM due) AND d.status = 'pending'
      AND (d.locked_until IS NULL OR d.locked_until <= now())
    FOR UPDATE SKIP LOCKED
  )
  UPDATE webhook_deliveries d SET claims = d.claims + 1, locked_until = now() + make_interval(secs => $8::int)
  FROM taken WHERE d.position = taken.position
  RETURNING d.position, d.delivery_id, d.event_id, d.event_type, d.account_sid, d.app_id, d.call_sid, d.url, d.host,
            d.body, d.content_type, d.timeout_ms, d.retry_delays_ms, d.attempts, d.claims, (extract(epoch FROM now() - d.due_at) * 1000)::float8 AS late_ms`;

/**
 * Logs attempts and moves their rows on. One whose row had ended before, though nobody else claimed it, was dropped with its
 * app: it is `over`. $1 the attempts, $2 the delays before each retry in milliseconds, of deliveries without a ladder of
 * their own.
 */
export const finishSql = `
  WITH results AS (
    SELECT (p.value->>'position')::bigint AS position, (p.value->>'claim')::int AS claim,
           (p.value->>'delivered')::boolean AS delivered,
           (p.value->>'is_final')::boolean AS is_final, (p.value->>'at')::timestamptz AS at,
           (p.value->>'latency_ms')::int AS latency_ms, (p.value->>'http_status')::int AS http_status,
           p.value->>'error' AS error, p.value->>'response_body' AS response_body
    FROM few_elements($1::jsonb) p
  ), ladders AS (
    SELECT r.*, l.delays, r.delivered OR r.is_final OR d.attempts >= cardinality(l.delays) AS is_last
    FROM results r JOIN webhook_deliveries d ON d.position = r.position
    CROSS JOIN LATERAL (SELECT coalesce(d.retry_delays_ms, $2::int[]) AS delays) l
  ), moved AS (
    UPDATE webhook_deliveries d
    SET attempts = d.attempts + 1, locked_until = NULL, last_http_status = r.http_status, last_error = r.error,
        status = CASE WHEN r.delivered THEN 'delivered' WHEN r.is_last THEN 'dropped' ELSE 'pending' END,
        due_at = CASE WHEN r.is_last THEN d.due_at
                      ELSE clock_timestamp() + make_interval(secs => r.delays[d.attempts + 1] / 1000.0) END,
        finished_at = CASE WHEN r.is_last THEN clock_timestamp() END
    FROM ladders r
    WHERE d.position = r.position AND d.claims = r.claim AND d.status = 'pending'
    RETURNING d.position, d.delivery_id, d.attempts, d.status, d.due_at
  ), logged AS (
    INSERT INTO webhook_attempts (delivery_id, number, at, latency_ms, http_status, error, response_body)
    SELECT m.delivery_id, m.attempts, r.at, r.latency_ms, r.http_status, r.error, r.response_body
    FROM moved m JOIN results r USING (position)
    ON CONFLICT (delivery_id, number) DO NOTHING
  )
  SELECT position::text AS position, status,
         CASE WHEN status = 'pending' THEN (extract(epoch FROM due_at - clock_timestamp()) * 1000)::float8 END AS next_in_ms
  FROM moved
  UNION ALL
  SELECT d.position::text, 'over', NULL
  FROM results r JOIN webhook_deliveries d ON d.position = r.position AND d.claims = r.claim AND d.status <> 'pending'`;

/** $1 positions, $2 claims, as two lists. */
export const releaseSql = `
  UPDATE webhook_deliveries d SET locked_until = NULL
  FROM unnest($1::bigint[], $2::int[]) AS r (position, claim)
  WHERE d.position = r.position AND d.claims = r.claim AND d.status = 'pending'`;

export const backlogSql = `
  SELECT count(*) FILTER (WHERE due_at <= now())::int AS due, count(*) FILTER (WHERE due_at > now())::int AS waiting,
         coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE due_at <= now())), 0)::float8 AS oldest
  FROM webhook_deliveries WHERE status = 'pending'`;

/** $1 rows of each kind, $2 days. Attempts go with their delivery. */
export const pruneSql = `
  WITH old AS (
    SELECT position FROM webhook_deliveries
    WHERE finished_at < now() - make_interval(days => $2::int) ORDER BY finished_at LIMIT $1::int
  ), gone AS (
    DELETE FROM webhook_deliveries d USING old WHERE d.position = old.position RETURNING d.delivery_id
  ), attempts AS (
    DELETE FROM webhook_attempts a USING gone WHERE a.delivery_id = gone.delivery_id
  ), old_events AS (
    SELECT position FROM webhook_events
    WHERE at < now() - make_interval(days => $2::int) ORDER BY at LIMIT $1::int
  ), gone_events AS (
    DELETE FROM webhook_events e USING old_events WHERE e.position = old_events.position RETURNING 1
  ), gone_secrets AS (
    DELETE FROM webhook_secrets WHERE id IN (
      SELECT id FROM webhook_secrets WHERE expires_at < now() - make_interval(days => $2::int) LIMIT $1::int
    ) RETURNING 1
  )
  SELECT ((SELECT count(*) FROM gone) + (SELECT count(*) FROM gone_events) + (SELECT count(*) FROM gone_secrets))::int
         AS deleted`;
