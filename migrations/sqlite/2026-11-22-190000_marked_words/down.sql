DROP TABLE search_words;
CREATE VIRTUAL TABLE search_words USING fts5(words, content='', contentless_delete=1, detail='none', tokenize='unicode61 remove_diacritics 0');
DELETE FROM search_vocabulary;
INSERT INTO search_pending (exception_id) SELECT exception_id FROM search_documents ORDER BY document DESC;
