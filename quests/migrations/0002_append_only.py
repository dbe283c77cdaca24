"""PostgreSQL itself refuses to change or delete the score ledger."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER quests_scoreentry_append_only BEFORE UPDATE OR DELETE ON quests_scoreentry
  FOR EACH STATEMENT EXECUTE FUNCTION labs_append_only();
"""
BACKWARD = "DROP TRIGGER quests_scoreentry_append_only ON quests_scoreentry;"


class Migration(migrations.Migration):
    dependencies = [("quests", "0001_initial"), ("accounts", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
