-- What can be found by its words. An exception is one document: its own texts, its comments, the notes about what it is
-- about. Triggers note what has to be read anew; a job reads it, many at a time, since each write to the index costs.
CREATE TABLE search_pending (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  exception_id BLOB NOT NULL
) STRICT;

CREATE TABLE search_documents (
  document INTEGER PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  exception_id BLOB NOT NULL UNIQUE REFERENCES exceptions
) STRICT;

-- Which documents have a word, and nothing else: the texts themselves stay where they are.
CREATE VIRTUAL TABLE search_words USING fts5(words, content='', contentless_delete=1, detail='none', tokenize='unicode61 remove_diacritics 0');

CREATE INDEX exception_sources_by_trace ON exception_sources (business_account_id, original_trace) WHERE original_trace IS NOT NULL;

CREATE TRIGGER exceptions_to_index AFTER INSERT ON exceptions BEGIN
  INSERT INTO search_pending (exception_id) VALUES (NEW.id);
END;
CREATE TRIGGER exceptions_to_index_anew AFTER UPDATE OF party, description, code, reason, transaction_id ON exceptions BEGIN
  INSERT INTO search_pending (exception_id) VALUES (NEW.id);
END;
CREATE TRIGGER comments_to_index AFTER INSERT ON comments BEGIN
  INSERT INTO search_pending (exception_id) VALUES (NEW.exception_id);
END;
CREATE TRIGGER comments_to_index_anew AFTER UPDATE OF text ON comments BEGIN
  INSERT INTO search_pending (exception_id) VALUES (NEW.exception_id);
END;
CREATE TRIGGER comments_to_index_without AFTER DELETE ON comments BEGIN
  INSERT INTO search_pending (exception_id) VALUES (OLD.exception_id);
END;
CREATE TRIGGER notes_to_index AFTER INSERT ON notes BEGIN
  INSERT INTO search_pending (exception_id)
  SELECT id FROM exceptions WHERE entity_id = NEW.entity_id
  UNION SELECT id FROM exceptions WHERE transaction_id = NEW.entity_id;
END;
CREATE TRIGGER notes_to_index_anew AFTER UPDATE OF title, text ON notes BEGIN
  INSERT INTO search_pending (exception_id)
  SELECT id FROM exceptions WHERE entity_id = NEW.entity_id
  UNION SELECT id FROM exceptions WHERE transaction_id = NEW.entity_id;
END;

INSERT INTO search_pending (exception_id) SELECT id FROM exceptions ORDER BY created_at, id;
