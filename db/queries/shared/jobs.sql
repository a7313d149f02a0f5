-- name: InsertJob :execrows
INSERT INTO jobs (id, kind, dedup, payload, run_at, max_attempts, created_at)
VALUES (sqlc.arg(id), sqlc.arg(kind), sqlc.arg(dedup), sqlc.arg(payload), sqlc.arg(run_at), sqlc.arg(max_attempts), sqlc.arg(created_at))
ON CONFLICT (kind, dedup) WHERE dedup <> '' DO UPDATE
SET run_at = CASE WHEN excluded.run_at > jobs.run_at THEN excluded.run_at ELSE jobs.run_at + 1 END, payload = excluded.payload
WHERE jobs.leased_until > excluded.created_at AND jobs.parked_at = 0;

-- name: InsertJobs :exec
-- rows is an object, whose names say nothing: jobs without a dedup value.
INSERT INTO jobs (id, kind, dedup, payload, run_at, max_attempts, created_at)
SELECT CAST(j.value ->> 'id' AS text), CAST(j.value ->> 'kind' AS text), '', CAST(j.value -> 'payload' AS text), CAST(j.value ->> 'run_at' AS bigint),
  CAST(j.value ->> 'max_attempts' AS bigint), CAST(j.value ->> 'created_at' AS bigint)
FROM json_each(sqlc.arg(rows)) j;

-- name: ClaimJobs :many
UPDATE jobs SET leased_until = sqlc.arg(leased_until), attempts = attempts + 1
WHERE id IN (
  SELECT j.id FROM jobs j
  WHERE j.parked_at = 0 AND j.run_at <= sqlc.arg(now) AND j.leased_until <= sqlc.arg(now)
    AND sqlc.arg(skip) NOT LIKE '%,' || j.kind || ',%'
  ORDER BY j.run_at, j.id LIMIT sqlc.arg(max_rows))
RETURNING *;

-- name: ReleaseJobs :exec
UPDATE jobs SET leased_until = 0 WHERE leased_until > 0;

-- name: DeleteJob :execrows
DELETE FROM jobs WHERE id = sqlc.arg(id) AND run_at = sqlc.arg(run_at);

-- name: RunJobAgain :exec
UPDATE jobs SET leased_until = 0, attempts = 0, error = '' WHERE id = sqlc.arg(id);

-- name: RetryJob :exec
UPDATE jobs SET run_at = sqlc.arg(run_at), leased_until = 0, error = sqlc.arg(error) WHERE id = sqlc.arg(id);

-- name: ParkJob :exec
UPDATE jobs SET parked_at = sqlc.arg(parked_at), leased_until = 0, error = sqlc.arg(error) WHERE id = sqlc.arg(id);

-- name: UnparkJob :execrows
UPDATE jobs SET parked_at = 0, attempts = 0, run_at = sqlc.arg(run_at) WHERE id = sqlc.arg(id) AND parked_at <> 0;

-- name: ClaimJobsOfKind :many
UPDATE jobs SET leased_until = sqlc.arg(leased_until), attempts = attempts + 1
WHERE id IN (
  SELECT j.id FROM jobs j
  WHERE j.parked_at = 0 AND j.run_at <= sqlc.arg(now) AND j.leased_until <= sqlc.arg(now) AND j.kind = sqlc.arg(kind)
  ORDER BY j.run_at, j.id LIMIT sqlc.arg(max_rows))
RETURNING *;

-- name: NextJob :one
SELECT CAST(COALESCE(MIN(u.due), 0) AS bigint) AS due FROM (
  SELECT MIN(w.run_at) AS due FROM jobs w WHERE w.parked_at = 0 AND w.leased_until = 0 AND sqlc.arg(skip) NOT LIKE '%,' || w.kind || ',%'
  UNION ALL
  SELECT MIN(l.leased_until) AS due FROM jobs l WHERE l.parked_at = 0 AND l.leased_until > 0
) u;

-- name: ListParkedJobs :many
SELECT * FROM jobs WHERE parked_at <> 0 ORDER BY parked_at DESC LIMIT sqlc.arg(max_rows);

-- name: CountJobs :one
SELECT COUNT(*) AS waiting, CAST(COALESCE(SUM(CASE WHEN parked_at <> 0 THEN 1 ELSE 0 END), 0) AS bigint) AS parked FROM jobs;
