"""SQLAlchemy-Continuum's own tables, indexes and native versioning triggers for the table of the benchmark."""

import sys

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM, JSONB, UUID
from sqlalchemy.orm import configure_mappers, declarative_base
from sqlalchemy_continuum import make_versioned

engine = sa.create_engine(sys.argv[1])
make_versioned(user_cls=None, options={'native_versioning': True})
Base = declarative_base()
status = ENUM('draft', 'active', 'suspended', 'closed', name='mine_status', create_type=False)


class Mine(Base):
    __tablename__ = 'mine'
    __versioned__ = {}
    id = sa.Column(UUID(as_uuid=True), primary_key=True)
    mine_no = sa.Column(sa.String(20), nullable=False)
    name = sa.Column(sa.String(200), nullable=False)
    status = sa.Column(status, nullable=False)
    region = sa.Column(sa.String(50))
    latitude = sa.Column(sa.Numeric(9, 6))
    longitude = sa.Column(sa.Numeric(9, 6))
    major = sa.Column(sa.Boolean, nullable=False)
    ore_grade = sa.Column(sa.Numeric(10, 4))
    note = sa.Column(sa.String(500))
    permit = sa.Column(JSONB)
    deleted_ind = sa.Column(sa.Boolean, nullable=False)
    create_user = sa.Column(sa.String(60), nullable=False)
    create_timestamp = sa.Column(sa.DateTime, nullable=False)
    update_user = sa.Column(sa.String(60), nullable=False)
    update_timestamp = sa.Column(sa.DateTime(timezone=True), nullable=False)


configure_mappers()
columns = ', '.join(column.name for column in Mine.__table__.c)

with engine.begin() as connection:
    connection.execute(sa.text('create extension if not exists hstore'))
    # Its triggers are made only along with the table itself.
    connection.execute(sa.text('create table mine_rows as select * from mine'))
    connection.execute(sa.text('drop table mine'))
    Base.metadata.create_all(connection)
    connection.execute(sa.text(f'insert into mine ({columns}) select {columns} from mine_rows'))
    connection.execute(sa.text('drop table mine_rows'))
    # Outside its ORM nothing has an id, so the triggers kept silent; the backfill is ours.
    connection.execute(sa.text("insert into transaction (id, issued_at) values (nextval('transaction_id_seq'), now())"))
    connection.execute(
        sa.text(
            f'insert into mine_version ({columns}, transaction_id, operation_type) '
            f"select {columns}, currval('transaction_id_seq'), 0 from mine"
        )
    )
