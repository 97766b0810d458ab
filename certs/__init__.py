"""The domain of those who make certificates: rules, kinds, keys, issue, revoke, status."""
