"""postgresql-audit's own activity table, functions and statement triggers for the table of the benchmark."""

import sys

import sqlalchemy as sa
from postgresql_audit import versioning_manager
from sqlalchemy.orm import configure_mappers, declarative_base

engine = sa.create_engine(sys.argv[1])
Base = declarative_base()
versioning_manager.init(Base)
configure_mappers()

with engine.begin() as connection:
    Base.metadata.create_all(connection)
    connection.execute(sa.text("select audit_table('mine')"))
