"""Every Port integration on one machine: isolated environments, one listener, one supervisor."""
