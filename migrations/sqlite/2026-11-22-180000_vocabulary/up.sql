-- The words of the index, so that a beginning is asked for as the words it may be: FTS5 joins all documents of a
-- beginning before it looks at anything else, and walks through those of a word only as far as it must. No numbers, of
-- which there is no end, and no marks of business accounts, which have 33 characters. A word stays when the last text
-- with it goes; it then finds nothing.
CREATE TABLE search_vocabulary (
  word TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search_terms USING fts5vocab('search_words', 'row');
INSERT INTO search_vocabulary (word) SELECT term FROM search_terms
WHERE term GLOB '*[^0-9]*' AND term NOT GLOB '*[^0-9a-z]*'
AND NOT (length(term) = 33 AND term GLOB 'a*' AND substr(term, 2) NOT GLOB '*[^0-9a-f]*');
DROP TABLE search_terms;
-- Other letters are written by their numbers from now on: what has some is read anew.
CREATE VIRTUAL TABLE search_places USING fts5vocab('search_words', 'instance');
INSERT INTO search_pending (exception_id) SELECT exception_id FROM search_documents
WHERE document IN (SELECT doc FROM search_places WHERE term GLOB '*[^0-9a-z]*') ORDER BY document;
DROP TABLE search_places;
