create table if not exists reading (
    id bigint generated always as identity primary key,
    device varchar(1024) not null,
    reading double precision not null,
    unit varchar(32),
    at timestamp with time zone not null
);
create index if not exists reading_device on reading (device);
