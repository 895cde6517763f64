PRAGMA application_id = 1128354644;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE classes (
    head TEXT NOT NULL REFERENCES heads (name) DEFERRABLE INITIALLY DEFERRED,
    id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    color TEXT NOT NULL,
    shortcut TEXT,
    retired INTEGER NOT NULL CHECK (retired IN (0, 1)), category TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '', former_names TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (head, id)
);
INSERT INTO "classes" VALUES('verb',0,0,'move left','#e69f00','m',0,'','','[]');
INSERT INTO "classes" VALUES('verb',3,1,'rotate','#56b4e9',NULL,1,'','','[]');
INSERT INTO "classes" VALUES('noun',0,0,'mug','#009e73',NULL,0,'','','[]');
INSERT INTO "classes" VALUES('noun',1,1,'=cup','#f0e442',NULL,0,'','','[]');
CREATE TABLE edits (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at TEXT NOT NULL,
    annotator TEXT NOT NULL,
    description TEXT NOT NULL,
    changes TEXT NOT NULL
);
INSERT INTO "edits" VALUES(1,'2026-03-04T05:07:07+00:00','ann','Create project','{"videos":[{"id":"v1","before":null,"after":{"id":"v1","path":"videos/table.mp4","size_bytes":123456,"fingerprint":"abc","timebase":"1/12800","n_frames":50,"rate":"25/1","width":320,"height":240,"start_pts":0,"end_pts":25600,"note":""}},{"id":"v2","before":null,"after":{"id":"v2","path":"videos/unseen.mov","size_bytes":7,"fingerprint":"","timebase":null,"n_frames":null,"rate":null,"width":null,"height":null,"start_pts":null,"end_pts":null,"note":""}}],"tracks":[{"id":"t1","before":null,"after":{"id":"t1","video_id":"v1","name":"Actions","annotator":"ann","exclusive":1,"position":0}},{"id":"t2","before":null,"after":{"id":"t2","video_id":"v2","name":"Actions","annotator":"ann","exclusive":0,"position":0}}],"segments":[{"id":"s1","before":null,"after":{"id":"s1","track_id":"t1","start_pts":0,"end_pts":5120,"labels":"{\"verb\":0,\"noun\":1}","origin":"manual","subject":"","note":"two\nlines, a \"quote\"","attributes":"{}","model_id":"","score":null,"created_at":"2026-01-02T03:04:05Z","modified_at":""}},{"id":"s2","before":null,"after":{"id":"s2","track_id":"t1","start_pts":5120,"end_pts":10240,"labels":"{\"verb\":3}","origin":"corrected","subject":"left hand","note":"","attributes":"{\"participant_id\":\"P01\"}","model_id":"m1","score":0.625,"created_at":"","modified_at":""}}],"models":[{"id":"m1","before":null,"after":{"id":"m1","name":"first try","path":"runs/1","base_sha256":"00ff","heads":"[{\"name\":\"verb\",\"classes\":[{\"id\":0,\"name\":\"move left\",\"color\":\"#e69f00\",\"shortcut\":\"m\",\"retired\":false},{\"id\":3,\"name\":\"rotate\",\"color\":\"#56b4e9\",\"shortcut\":null,\"retired\":true}]}]","clip_spec_version":"1","schema_fingerprint":"0de6360dba86ca295d339e4e73fafcd42385befd17935a44e4461caf113f8396","created_at":"2026-01-02T03:04:05Z"}}],"schema":[{"id":"schema","before":null,"after":{"heads":[{"name":"verb","classes":[{"id":0,"name":"move left","color":"#e69f00","shortcut":"m","retired":false},{"id":3,"name":"rotate","color":"#56b4e9","shortcut":null,"retired":true}]},{"name":"noun","classes":[{"id":0,"name":"mug","color":"#009e73","shortcut":null,"retired":false},{"id":1,"name":"=cup","color":"#f0e442","shortcut":null,"retired":false}]}]}}]}');
INSERT INTO "edits" VALUES(2,'2026-03-04T05:08:07+00:00','ann','Add 2 segments','{"segments":[{"id":"n1a","before":null,"after":{"id":"n1a","track_id":"t1","start_pts":100010,"end_pts":100014,"labels":"{\"verb\":0}","origin":"manual","subject":"","note":"","attributes":"{}","model_id":"","score":null,"created_at":"","modified_at":""}},{"id":"n1b","before":null,"after":{"id":"n1b","track_id":"t1","start_pts":100014,"end_pts":100019,"labels":"{\"noun\":0}","origin":"manual","subject":"","note":"","attributes":"{}","model_id":"","score":null,"created_at":"","modified_at":""}}]}');
CREATE TABLE extra_fields (
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (table_name, row_id)
);
CREATE TABLE heads (
    name TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
);
INSERT INTO "heads" VALUES('verb',0);
INSERT INTO "heads" VALUES('noun',1);
CREATE TABLE models (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    base_sha256 TEXT NOT NULL,
    heads TEXT NOT NULL,
    clip_spec_version TEXT NOT NULL,
    schema_fingerprint TEXT NOT NULL,
    created_at TEXT NOT NULL
);
INSERT INTO "models" VALUES('m1','first try','runs/1','00ff','[{"name":"verb","classes":[{"id":0,"name":"move left","color":"#e69f00","shortcut":"m","retired":false},{"id":3,"name":"rotate","color":"#56b4e9","shortcut":null,"retired":true}]}]','1','0de6360dba86ca295d339e4e73fafcd42385befd17935a44e4461caf113f8396','2026-01-02T03:04:05Z');
CREATE TABLE project (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    name TEXT NOT NULL
);
INSERT INTO "project" VALUES(1,'p1','Kitchen');
CREATE TABLE reviewed (
    id TEXT NOT NULL PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES videos (id) DEFERRABLE INITIALLY DEFERRED,
    start_pts INTEGER NOT NULL,
    end_pts INTEGER NOT NULL CHECK (start_pts < end_pts),
    annotator TEXT NOT NULL
);
CREATE TABLE segments (
    id TEXT NOT NULL PRIMARY KEY,
    track_id TEXT NOT NULL REFERENCES tracks (id) DEFERRABLE INITIALLY DEFERRED,
    start_pts INTEGER NOT NULL,
    end_pts INTEGER NOT NULL CHECK (start_pts <= end_pts),
    labels TEXT NOT NULL,
    origin TEXT NOT NULL,
    subject TEXT NOT NULL,
    note TEXT NOT NULL,
    attributes TEXT NOT NULL,
    model_id TEXT NOT NULL,
    score REAL,
    created_at TEXT NOT NULL,
    modified_at TEXT NOT NULL
);
INSERT INTO "segments" VALUES('s1','t1',0,5120,'{"verb":0,"noun":1}','manual','','two
lines, a "quote"','{}','',NULL,'2026-01-02T03:04:05Z','');
INSERT INTO "segments" VALUES('s2','t1',5120,10240,'{"verb":3}','corrected','left hand','','{"participant_id":"P01"}','m1',0.625,'','');
INSERT INTO "segments" VALUES('n1a','t1',100010,100014,'{"verb":0}','manual','','','{}','',NULL,'','');
INSERT INTO "segments" VALUES('n1b','t1',100014,100019,'{"noun":0}','manual','','','{}','',NULL,'','');
CREATE TABLE tracks (
    id TEXT NOT NULL PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES videos (id) DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    annotator TEXT NOT NULL,
    exclusive INTEGER NOT NULL CHECK (exclusive IN (0, 1))
, position INTEGER NOT NULL DEFAULT 0);
INSERT INTO "tracks" VALUES('t1','v1','Actions','ann',1,0);
INSERT INTO "tracks" VALUES('t2','v2','Actions','ann',0,0);
CREATE TABLE videos (
    id TEXT NOT NULL PRIMARY KEY,
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    timebase TEXT,
    n_frames INTEGER,
    rate TEXT,
    width INTEGER,
    height INTEGER,
    start_pts INTEGER,
    end_pts INTEGER
, note TEXT NOT NULL DEFAULT '', stream INTEGER);
INSERT INTO "videos" VALUES('v1','videos/table.mp4',123456,'abc','1/12800',50,'25/1',320,240,0,25600,'',NULL);
INSERT INTO "videos" VALUES('v2','videos/unseen.mov',7,'',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'',NULL);
CREATE INDEX segments_by_track ON segments (track_id, start_pts);
CREATE TRIGGER edits_are_never_changed BEFORE UPDATE ON edits
BEGIN SELECT RAISE (ABORT, 'the edits of a project are append-only'); END;
CREATE TRIGGER edits_are_never_deleted BEFORE DELETE ON edits
BEGIN SELECT RAISE (ABORT, 'the edits of a project are append-only'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('edits',2);
COMMIT;
