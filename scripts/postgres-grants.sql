-- What the serving role may do. Run by the owner of the tables after every `migrate`: new tables come without rights.
\set ON_ERROR_STOP on

BEGIN;
GRANT USAGE ON SCHEMA public TO serving;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO serving;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO serving;

-- The log can be read and appended to; that no migration is recorded or undone by what serves is a matter of course.
REVOKE UPDATE, DELETE ON audit_event, audit_detail, audit_checkpoint, audit_node FROM serving;
-- So can what spares pages a search of it.
REVOKE UPDATE, DELETE ON audit_review, audit_clock_turn, emergency_sign_in FROM serving;
-- What is archived or held, it only reads: erasing, archiving and holding are done by the owner.
REVOKE INSERT, UPDATE, DELETE ON audit_tombstone, audit_hold, audit_held FROM serving;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM serving;
-- It makes no tables or functions of its own, not even temporary ones, which could stand in front of these.
-- Only the owner of the database can take that right, which everybody has; for another this is a warning.
REVOKE TEMPORARY, CREATE ON DATABASE :"DBNAME" FROM PUBLIC, serving;
REVOKE CREATE ON SCHEMA public FROM PUBLIC, serving;
COMMIT;
