//! Forges, the hosts of Git repositories: repositories, teams and deploy keys through their APIs.
