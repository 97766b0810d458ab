"""The domain of those who make certificates: rules, kinds, keys, issue, revoke, status. No web, SQL or chain library."""
