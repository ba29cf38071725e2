-- What can be found by its words. An exception is one document: its own texts, its comments, the notes about what it is
-- about. Triggers note what has to be read anew; a job reads it, many at a time, since each write to the index costs.
CREATE TABLE search_pending (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  exception_id uuid NOT NULL
);

CREATE TABLE search_documents (
  document bigint PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  exception_id uuid NOT NULL UNIQUE REFERENCES exceptions
);

-- Which documents have a word, and nothing else: the texts themselves stay where they are.
CREATE TABLE search_words (
  document bigint PRIMARY KEY REFERENCES search_documents,
  words tsvector NOT NULL
);
CREATE INDEX search_words_by_word ON search_words USING gin (words);

CREATE INDEX exception_sources_by_trace ON exception_sources (business_account_id, original_trace) WHERE original_trace IS NOT NULL;

CREATE FUNCTION exception_to_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO search_pending (exception_id) VALUES (NEW.id); RETURN NULL; END $$;
CREATE FUNCTION comment_to_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO search_pending (exception_id) VALUES (coalesce(NEW.exception_id, OLD.exception_id)); RETURN NULL; END $$;
CREATE FUNCTION note_to_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_pending (exception_id)
  SELECT id FROM exceptions WHERE entity_id = NEW.entity_id
  UNION SELECT id FROM exceptions WHERE transaction_id = NEW.entity_id;
  RETURN NULL;
END $$;
CREATE TRIGGER exceptions_to_index AFTER INSERT OR UPDATE OF party, description, code, reason, transaction_id ON exceptions
FOR EACH ROW EXECUTE FUNCTION exception_to_index();
CREATE TRIGGER comments_to_index AFTER INSERT OR DELETE OR UPDATE OF text ON comments
FOR EACH ROW EXECUTE FUNCTION comment_to_index();
CREATE TRIGGER notes_to_index AFTER INSERT OR UPDATE OF title, text ON notes
FOR EACH ROW EXECUTE FUNCTION note_to_index();

INSERT INTO search_pending (exception_id) SELECT id FROM exceptions ORDER BY created_at, id;
