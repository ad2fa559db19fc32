"""Commands that plan, carry plans out and compare with AWS."""
