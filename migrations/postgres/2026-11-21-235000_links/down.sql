DROP TABLE exception_links;
DROP INDEX exceptions_by_party;
