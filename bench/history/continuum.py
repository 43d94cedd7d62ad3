"""SQLAlchemy-Continuum reading all versions of rows with their changesets: prints the milliseconds of each reading."""

import json
import sys
import time

import sqlalchemy as sa
from sqlalchemy.orm import Session, configure_mappers, declarative_base
from sqlalchemy_continuum import make_versioned, version_class

make_versioned(user_cls=None)
Base = declarative_base()


class Item(Base):
    __tablename__ = 'item'
    __versioned__ = {}
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.Text)
    status = sa.Column(sa.Text)


configure_mappers()
engine = sa.create_engine(sys.argv[1])
ItemVersion = version_class(Item)
samples = []
with engine.connect() as connection:
    for n in range(int(sys.argv[2])):
        with Session(connection) as session:
            start, processor = time.perf_counter(), time.process_time()
            versions = ItemVersion.all_versions(session, {'id': n}, desc=False)
            changes = [version.changeset for version in versions]
            # Of the client alone: what the server used is the same few statements.
            samples.append([(time.perf_counter() - start) * 1000, (time.process_time() - processor) * 1000])
        assert len(changes) == int(sys.argv[3]), len(changes)
print(json.dumps(samples))
