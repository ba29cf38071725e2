DROP INDEX approvals_by_result;
