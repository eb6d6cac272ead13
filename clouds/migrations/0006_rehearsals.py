"""Rehearsals, and who may have them."""

import django.core.validators
import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from clouds import groups


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.allow(apps, groups.CURATORS, {"rehearsal": "view add change"})
    groups.allow(apps, groups.OPERATORS, {"rehearsal": "view"})


class Migration(migrations.Migration):

    dependencies = [
        ('clouds', '0005_starters'),
    ]

    operations = [
        migrations.CreateModel(
            name='Rehearsal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=80)),
                ('speed', models.FloatField(default=1.0, help_text='How many times as fast as for real.', validators=[django.core.validators.MinValueValidator(1.0), django.core.validators.MaxValueValidator(60.0)])),
                ('fill', models.FloatField(default=0.0, help_text='How full the balloons are when it begins, 0 to 1.', validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)])),
                ('asked_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='run',
            name='one_run_plays_on_a_cloud',
        ),
        migrations.AddField(
            model_name='rehearsal',
            name='asked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rehearsal',
            name='venue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rehearsals', to='clouds.venue'),
        ),
        migrations.AddField(
            model_name='puff',
            name='rehearsal',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clouds.rehearsal'),
        ),
        migrations.AddField(
            model_name='run',
            name='rehearsal',
            field=models.ForeignKey(blank=True, help_text='Empty: it is for real.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clouds.rehearsal'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.UniqueConstraint(condition=models.Q(('rehearsal', None), ('state', 'playing')), fields=('cloud',), name='one_run_plays_on_a_cloud'),
        ),
        migrations.AddConstraint(
            model_name='rehearsal',
            constraint=models.CheckConstraint(condition=models.Q(('fill__gte', 0), ('fill__lte', 1), ('speed__gte', 1), ('speed__lte', 60.0)), name='a_rehearsals_speed_and_fill_are_within_bounds'),
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
