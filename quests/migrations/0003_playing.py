"""Playing: quests that unlock, tasks that hold or are taken back, counted answers, hints released by coaches."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


# What a release says is what its quests are.
KINDS = """
UPDATE quests_quest AS quest SET kind = document->>'kind'
FROM quests_packrelease AS release, jsonb_array_elements(release.document->'quests') AS document
WHERE release.id = quest.release_id AND document->>'slug' = quest.slug;
"""
# Before, every quest was open from the start: a team that is at it keeps what it has.
UNLOCKS = """
INSERT INTO quests_questunlock (enrollment_id, quest_id, at)
SELECT DISTINCT progress.enrollment_id, task.quest_id, now()
FROM quests_taskprogress AS progress JOIN quests_task AS task ON task.id = progress.task_id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('quests', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='AnswerAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Of the input.', max_length=60)),
                ('number', models.PositiveSmallIntegerField(help_text='From 1.')),
                ('answer', models.TextField(help_text='As answers are compared.')),
                ('by', models.UUIDField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['enrollment', 'quest', 'name', 'number'],
            },
        ),
        migrations.CreateModel(
            name='AttemptGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('by', models.UUIDField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='QuestUnlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='hintreveal',
            name='released',
            field=models.BooleanField(default=False, help_text='Given by a coach, for nothing.'),
        ),
        migrations.AddField(
            model_name='quest',
            name='attempts',
            field=models.PositiveSmallIntegerField(help_text='Answers that a team may give to one question.', null=True),
        ),
        migrations.AddField(
            model_name='quest',
            name='kind',
            field=models.CharField(choices=[('main', 'Main'), ('side', 'Side'), ('continuous', 'Continuous')], default='main', max_length=20),
        ),
        migrations.AddField(
            model_name='task',
            name='hold_minutes',
            field=models.PositiveSmallIntegerField(default=0, help_text='For so long the checks must pass.'),
        ),
        migrations.AddField(
            model_name='taskprogress',
            name='times_taken_back',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='taskprogress',
            name='turning_runs',
            field=models.PositiveIntegerField(default=0, help_text='How many verdicts of them.'),
        ),
        migrations.AddField(
            model_name='taskprogress',
            name='turning_seen_at',
            field=models.DateTimeField(help_text='The last verdict of them.', null=True),
        ),
        migrations.AddField(
            model_name='taskprogress',
            name='turning_since',
            field=models.DateTimeField(help_text='Since when the verdicts say the other thing.', null=True),
        ),
        migrations.AlterField(
            model_name='quest',
            name='cooldown_seconds',
            field=models.PositiveIntegerField(help_text='Between two presses of Check now, or two answers.'),
        ),
        migrations.AddConstraint(
            model_name='taskprogress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('turning_runs', 0), ('turning_seen_at', None), ('turning_since', None)), models.Q(('turning_runs__gte', 1), ('turning_seen_at__isnull', False), ('turning_since__isnull', False)), _connector='OR'), name='progress_turns_as_a_whole'),
        ),
        migrations.AddField(
            model_name='answerattempt',
            name='enrollment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='quests.enrollment'),
        ),
        migrations.AddField(
            model_name='answerattempt',
            name='quest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quests.quest'),
        ),
        migrations.AddField(
            model_name='attemptgrant',
            name='enrollment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='quests.enrollment'),
        ),
        migrations.AddField(
            model_name='attemptgrant',
            name='quest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quests.quest'),
        ),
        migrations.AddField(
            model_name='questunlock',
            name='enrollment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unlocks', to='quests.enrollment'),
        ),
        migrations.AddField(
            model_name='questunlock',
            name='quest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quests.quest'),
        ),
        migrations.AddConstraint(
            model_name='answerattempt',
            constraint=models.UniqueConstraint(fields=('enrollment', 'quest', 'name', 'number'), name='attempt_number_once'),
        ),
        migrations.AddConstraint(
            model_name='answerattempt',
            constraint=models.UniqueConstraint(models.F('enrollment'), models.F('quest'), models.F('name'), django.db.models.functions.text.MD5('answer'), name='attempt_answer_once'),
        ),
        migrations.AddConstraint(
            model_name='attemptgrant',
            constraint=models.CheckConstraint(condition=models.Q(('attempts__gte', 1)), name='grant_gives_something'),
        ),
        migrations.AddConstraint(
            model_name='questunlock',
            constraint=models.UniqueConstraint(fields=('enrollment', 'quest'), name='quest_unlocked_once_per_team'),
        ),
        migrations.RunSQL(KINDS, migrations.RunSQL.noop),
        migrations.RunSQL(UNLOCKS, migrations.RunSQL.noop),
    ]
