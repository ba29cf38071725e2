-- What an approval led to tells who agreed.
CREATE INDEX approvals_by_result ON approvals (result_id);
