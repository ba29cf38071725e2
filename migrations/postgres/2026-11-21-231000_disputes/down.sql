DROP TABLE evidence_pieces;
DROP TABLE evidence;
DROP TABLE disputes;
