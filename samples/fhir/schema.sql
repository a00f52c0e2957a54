-- The store: the present version of every resource, the versions before it, and what resources are found by.
-- `param` is the number of a search parameter in samples/fhir/search_table.py; when that table changes, the index is
-- built again. Moments are microseconds since 1970 in UTC.

CREATE TABLE IF NOT EXISTS current (
    key INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    method TEXT NOT NULL,
    body BLOB,              -- NULL: deleted
    UNIQUE (type, id)
);

CREATE TABLE IF NOT EXISTS past (
    key INTEGER NOT NULL,
    version INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    method TEXT NOT NULL,
    body BLOB,
    PRIMARY KEY (key, version)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS token_index (
    param INTEGER NOT NULL, system TEXT NOT NULL, code TEXT NOT NULL, key INTEGER NOT NULL,
    PRIMARY KEY (param, code, system, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS token_by_key ON token_index (key, param);

CREATE TABLE IF NOT EXISTS reference_index (
    param INTEGER NOT NULL, target_id TEXT NOT NULL, target_type TEXT NOT NULL, key INTEGER NOT NULL,
    PRIMARY KEY (param, target_id, target_type, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reference_by_key ON reference_index (key, param);

CREATE TABLE IF NOT EXISTS date_index (
    param INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, key INTEGER NOT NULL,
    PRIMARY KEY (param, low, high, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS date_by_key ON date_index (key, param);

CREATE TABLE IF NOT EXISTS string_index (
    param INTEGER NOT NULL, value TEXT NOT NULL, exact TEXT NOT NULL, key INTEGER NOT NULL,
    PRIMARY KEY (param, value, exact, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS string_by_key ON string_index (key, param);

CREATE TABLE IF NOT EXISTS quantity_index (
    param INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    system TEXT NOT NULL, code TEXT NOT NULL, unit TEXT NOT NULL, key INTEGER NOT NULL,
    PRIMARY KEY (param, low, high, system, code, unit, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS quantity_by_key ON quantity_index (key, param);

CREATE TABLE IF NOT EXISTS uri_index (
    param INTEGER NOT NULL, value TEXT NOT NULL, key INTEGER NOT NULL,
    PRIMARY KEY (param, value, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uri_by_key ON uri_index (key, param);

CREATE TABLE IF NOT EXISTS loaded_folder (
    path TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS note (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
