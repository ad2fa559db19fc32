"""Report formats for pipelines: GitHub's workflow commands, SARIF 2.1.0, and JUnit XML."""
