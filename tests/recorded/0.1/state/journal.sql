BEGIN TRANSACTION;
CREATE TABLE blueprints (
        identifier TEXT NOT NULL,
        blueprint TEXT NOT NULL,
        PRIMARY KEY (identifier, blueprint)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "blueprints" VALUES('returned','package');
INSERT INTO "blueprints" VALUES('works','thing');
CREATE TABLE claims (
        identifier TEXT NOT NULL,
        blueprint TEXT NOT NULL,
        kind TEXT NOT NULL,
        position INTEGER NOT NULL,
        mapping TEXT NOT NULL,
        attempt TEXT NOT NULL,
        PRIMARY KEY (identifier, blueprint, kind, position, mapping)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "claims" VALUES('rests','thing','thing',0,'94e122d602fc4f31911a00f8b5133356dd6d68f1258f67ba45cc75219e31b067','supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270/rests#1');
INSERT INTO "claims" VALUES('returned','package','package',0,'5ae6e04edede39af5b95791c9c9b4bdad7d33da339b74c00e06e56e01c69fd26','supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270/returned#1');
INSERT INTO "claims" VALUES('stopped','thing','thing',0,'94e122d602fc4f31911a00f8b5133356dd6d68f1258f67ba45cc75219e31b067','supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270/stopped#1');
INSERT INTO "claims" VALUES('works','thing','thing',0,'94e122d602fc4f31911a00f8b5133356dd6d68f1258f67ba45cc75219e31b067','supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270/works#1');
CREATE TABLE deliveries (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        event TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        identifier TEXT NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'done')),
        UNIQUE (event, identifier)
    ) STRICT;
INSERT INTO "deliveries" VALUES(1,'supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270','works',1,'done');
INSERT INTO "deliveries" VALUES(2,'supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270','rests',1,'done');
INSERT INTO "deliveries" VALUES(3,'supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270','stopped',1,'done');
INSERT INTO "deliveries" VALUES(4,'supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270','returned',1,'done');
INSERT INTO "deliveries" VALUES(5,'supervisor:e794fde134247652:193d86ff-f0e7-4b42-b663-4984d436ff9e','works',1,'sent');
INSERT INTO "deliveries" VALUES(6,'supervisor:e794fde134247652:fbfac0e8-ed0b-4de8-9eb5-854ad9dc7aa7','rests',0,'pending');
INSERT INTO "deliveries" VALUES(7,'supervisor:e794fde134247652:6275e5df-3201-4815-badf-4b6addaf74ed','works',0,'pending');
CREATE TABLE desired (
        identifier TEXT PRIMARY KEY,
        wanted TEXT NOT NULL CHECK (wanted IN ('run', 'pause', 'stop'))
    ) STRICT, WITHOUT ROWID;
INSERT INTO "desired" VALUES('rests','pause');
INSERT INTO "desired" VALUES('stopped','stop');
CREATE TABLE events (
        id TEXT PRIMARY KEY,
        body BLOB NOT NULL,
        recorded_at REAL NOT NULL
    ) STRICT;
INSERT INTO "events" VALUES('supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270',CAST('{"type":"resync","id":"supervisor:e794fde134247652:0ce0136e-67fd-4f7b-91b9-a8dc924a6270","integration":null,"reason":"start"}' AS BLOB),1.79555999679785442354e+09);
INSERT INTO "events" VALUES('supervisor:e794fde134247652:193d86ff-f0e7-4b42-b663-4984d436ff9e',CAST('{"type":"resync","id":"supervisor:e794fde134247652:193d86ff-f0e7-4b42-b663-4984d436ff9e","integration":"works","reason":"asked for by an operator"}' AS BLOB),1.79556000237808632844e+09);
INSERT INTO "events" VALUES('supervisor:e794fde134247652:fbfac0e8-ed0b-4de8-9eb5-854ad9dc7aa7',CAST('{"type":"resync","id":"supervisor:e794fde134247652:fbfac0e8-ed0b-4de8-9eb5-854ad9dc7aa7","integration":"rests","reason":"asked for by an operator"}' AS BLOB),1.79556000279622364045e+09);
INSERT INTO "events" VALUES('supervisor:e794fde134247652:6275e5df-3201-4815-badf-4b6addaf74ed',CAST('{"type":"resync","id":"supervisor:e794fde134247652:6275e5df-3201-4815-badf-4b6addaf74ed","integration":"works","reason":"asked for by an operator"}' AS BLOB),1.79556000320773673055e+09);
CREATE TABLE resyncs (
        identifier TEXT PRIMARY KEY,
        body BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "resyncs" VALUES('rests',CAST('{"identifier":"rests","status":"completed","startedAt":"2026-11-24T22:39:56.809Z","endedAt":"2026-11-24T22:39:56.908Z","error":null,"kinds":[{"kind":"thing","index":0,"items":2,"entities":2,"failed":0,"deleted":0,"error":null}]}' AS BLOB));
INSERT INTO "resyncs" VALUES('returned',CAST('{"identifier":"returned","status":"completed","startedAt":"2026-11-24T22:39:56.809Z","endedAt":"2026-11-24T22:39:56.921Z","error":null,"kinds":[{"kind":"package","index":0,"items":1,"entities":1,"failed":0,"deleted":0,"error":null}]}' AS BLOB));
INSERT INTO "resyncs" VALUES('stopped',CAST('{"identifier":"stopped","status":"completed","startedAt":"2026-11-24T22:39:56.809Z","endedAt":"2026-11-24T22:39:56.916Z","error":null,"kinds":[{"kind":"thing","index":0,"items":2,"entities":2,"failed":0,"deleted":0,"error":null}]}' AS BLOB));
INSERT INTO "resyncs" VALUES('works',CAST('{"identifier":"works","status":"running","startedAt":"2026-11-24T22:40:02.383Z","endedAt":null,"error":null,"kinds":[]}' AS BLOB));
CREATE TABLE transitions (
        identifier TEXT NOT NULL,
        number INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (identifier, number)
    ) STRICT;
INSERT INTO "transitions" VALUES('works',1,CAST('{"identifier":"works","at":"2026-11-24T22:39:53.661Z","from":"PENDING","to":"BUILDING"}' AS BLOB));
INSERT INTO "transitions" VALUES('rests',1,CAST('{"identifier":"rests","at":"2026-11-24T22:39:53.685Z","from":"PENDING","to":"BUILDING"}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',1,CAST('{"identifier":"returned","at":"2026-11-24T22:39:53.692Z","from":"PENDING","to":"BUILDING"}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',1,CAST('{"identifier":"stopped","at":"2026-11-24T22:39:53.790Z","from":"PENDING","to":"BUILDING"}' AS BLOB));
INSERT INTO "transitions" VALUES('works',2,CAST('{"identifier":"works","at":"2026-11-24T22:39:54.397Z","from":"BUILDING","to":"PENDING","reason":"waits for its turn to start"}' AS BLOB));
INSERT INTO "transitions" VALUES('rests',2,CAST('{"identifier":"rests","at":"2026-11-24T22:39:54.399Z","from":"BUILDING","to":"PENDING","reason":"waits for its turn to start"}' AS BLOB));
INSERT INTO "transitions" VALUES('works',3,CAST('{"identifier":"works","at":"2026-11-24T22:39:54.401Z","from":"PENDING","to":"STARTING","pid":7695}' AS BLOB));
INSERT INTO "transitions" VALUES('rests',3,CAST('{"identifier":"rests","at":"2026-11-24T22:39:54.403Z","from":"PENDING","to":"STARTING","pid":7698}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',2,CAST('{"identifier":"returned","at":"2026-11-24T22:39:54.424Z","from":"BUILDING","to":"PENDING","reason":"waits for its turn to start"}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',3,CAST('{"identifier":"returned","at":"2026-11-24T22:39:54.429Z","from":"PENDING","to":"STARTING","pid":7701}' AS BLOB));
INSERT INTO "transitions" VALUES('works',4,CAST('{"identifier":"works","at":"2026-11-24T22:39:54.454Z","from":"STARTING","to":"READY","pid":7695}' AS BLOB));
INSERT INTO "transitions" VALUES('rests',4,CAST('{"identifier":"rests","at":"2026-11-24T22:39:54.459Z","from":"STARTING","to":"READY","pid":7698}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',4,CAST('{"identifier":"returned","at":"2026-11-24T22:39:54.480Z","from":"STARTING","to":"READY","pid":7701}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',2,CAST('{"identifier":"stopped","at":"2026-11-24T22:39:54.498Z","from":"BUILDING","to":"PENDING","reason":"waits for its turn to start"}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',3,CAST('{"identifier":"stopped","at":"2026-11-24T22:39:54.505Z","from":"PENDING","to":"STARTING","pid":7710}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',4,CAST('{"identifier":"stopped","at":"2026-11-24T22:39:54.533Z","from":"STARTING","to":"READY","pid":7710}' AS BLOB));
INSERT INTO "transitions" VALUES('works',5,CAST('{"identifier":"works","at":"2026-11-24T22:39:58.620Z","from":"READY","to":"STOPPING","reason":"another environment takes over","pid":7695}' AS BLOB));
INSERT INTO "transitions" VALUES('rests',5,CAST('{"identifier":"rests","at":"2026-11-24T22:39:58.622Z","from":"READY","to":"STOPPING","reason":"another environment takes over","pid":7698}' AS BLOB));
INSERT INTO "transitions" VALUES('rests',6,CAST('{"identifier":"rests","at":"2026-11-24T22:39:58.635Z","from":"STOPPING","to":"PENDING","reason":"another environment takes over","pid":7698,"exitCode":0}' AS BLOB));
INSERT INTO "transitions" VALUES('rests',7,CAST('{"identifier":"rests","at":"2026-11-24T22:39:58.639Z","from":"PENDING","to":"STARTING","pid":7724}' AS BLOB));
INSERT INTO "transitions" VALUES('works',6,CAST('{"identifier":"works","at":"2026-11-24T22:39:58.664Z","from":"STOPPING","to":"PENDING","reason":"another environment takes over","pid":7695,"exitCode":0}' AS BLOB));
INSERT INTO "transitions" VALUES('works',7,CAST('{"identifier":"works","at":"2026-11-24T22:39:58.667Z","from":"PENDING","to":"STARTING","pid":7734}' AS BLOB));
INSERT INTO "transitions" VALUES('rests',8,CAST('{"identifier":"rests","at":"2026-11-24T22:39:58.680Z","from":"STARTING","to":"READY","pid":7724}' AS BLOB));
INSERT INTO "transitions" VALUES('works',8,CAST('{"identifier":"works","at":"2026-11-24T22:39:58.709Z","from":"STARTING","to":"READY","pid":7734}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',5,CAST('{"identifier":"stopped","at":"2026-11-24T22:39:58.720Z","from":"READY","to":"STOPPING","reason":"another environment takes over","pid":7710}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',6,CAST('{"identifier":"stopped","at":"2026-11-24T22:39:58.731Z","from":"STOPPING","to":"PENDING","reason":"another environment takes over","pid":7710,"exitCode":0}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',7,CAST('{"identifier":"stopped","at":"2026-11-24T22:39:58.733Z","from":"PENDING","to":"STARTING","pid":7742}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',8,CAST('{"identifier":"stopped","at":"2026-11-24T22:39:58.769Z","from":"STARTING","to":"READY","pid":7742}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',5,CAST('{"identifier":"returned","at":"2026-11-24T22:39:58.926Z","from":"READY","to":"STOPPING","reason":"another environment takes over","pid":7701}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',6,CAST('{"identifier":"returned","at":"2026-11-24T22:39:58.936Z","from":"STOPPING","to":"PENDING","reason":"another environment takes over","pid":7701,"exitCode":0}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',7,CAST('{"identifier":"returned","at":"2026-11-24T22:39:58.939Z","from":"PENDING","to":"STARTING","pid":7773}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',8,CAST('{"identifier":"returned","at":"2026-11-24T22:39:58.975Z","from":"STARTING","to":"BACKOFF","reason":"exit status 1: ModuleNotFoundError: No module named ''six''","pid":7773,"exitCode":1,"stderr":["Traceback (most recent call last):","  File \"@FRAMEWORK@/framework/sdk/bootstrap.py\", line 58, in <module>","    sys.exit(serve.run(main, channels))","             ^^^^^^^^^^^^^^^^^^^^^^^^^","  File \"@FRAMEWORK@/framework/sdk/serve.py\", line 25, in run","    integration = the_one_in(main)","                  ^^^^^^^^^^^^^^^^","  File \"@FRAMEWORK@/framework/sdk/serve.py\", line 39, in the_one_in","    spec.loader.exec_module(module)","  File \"<frozen importlib._bootstrap_external>\", line 940, in exec_module","  File \"<frozen importlib._bootstrap>\", line 241, in _call_with_frames_removed","  File \"@FOLDER@/integrations/six/main.py\", line 1, in <module>","    import six","ModuleNotFoundError: No module named ''six''"]}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',9,CAST('{"identifier":"returned","at":"2026-11-24T22:39:59.522Z","from":"BACKOFF","to":"PENDING","reason":"waits for its turn to start"}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',10,CAST('{"identifier":"returned","at":"2026-11-24T22:39:59.525Z","from":"PENDING","to":"STARTING","pid":7776}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',11,CAST('{"identifier":"returned","at":"2026-11-24T22:39:59.562Z","from":"STARTING","to":"BACKOFF","reason":"exit status 1: ModuleNotFoundError: No module named ''six''","pid":7776,"exitCode":1,"stderr":["Traceback (most recent call last):","  File \"@FRAMEWORK@/framework/sdk/bootstrap.py\", line 58, in <module>","    sys.exit(serve.run(main, channels))","             ^^^^^^^^^^^^^^^^^^^^^^^^^","  File \"@FRAMEWORK@/framework/sdk/serve.py\", line 25, in run","    integration = the_one_in(main)","                  ^^^^^^^^^^^^^^^^","  File \"@FRAMEWORK@/framework/sdk/serve.py\", line 39, in the_one_in","    spec.loader.exec_module(module)","  File \"<frozen importlib._bootstrap_external>\", line 940, in exec_module","  File \"<frozen importlib._bootstrap>\", line 241, in _call_with_frames_removed","  File \"@FOLDER@/integrations/six/main.py\", line 1, in <module>","    import six","ModuleNotFoundError: No module named ''six''"]}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',12,CAST('{"identifier":"returned","at":"2026-11-24T22:40:00.718Z","from":"BACKOFF","to":"PENDING","reason":"waits for its turn to start"}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',13,CAST('{"identifier":"returned","at":"2026-11-24T22:40:00.720Z","from":"PENDING","to":"STARTING","pid":7779}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',14,CAST('{"identifier":"returned","at":"2026-11-24T22:40:00.758Z","from":"STARTING","to":"PENDING","reason":"the new environment 179f10ede1b2 is not used: 3 ends in its first 5 minutes, the last: exit status 1: ModuleNotFoundError: No module named ''six''","pid":7779,"exitCode":1,"stderr":["Traceback (most recent call last):","  File \"@FRAMEWORK@/framework/sdk/bootstrap.py\", line 58, in <module>","    sys.exit(serve.run(main, channels))","             ^^^^^^^^^^^^^^^^^^^^^^^^^","  File \"@FRAMEWORK@/framework/sdk/serve.py\", line 25, in run","    integration = the_one_in(main)","                  ^^^^^^^^^^^^^^^^","  File \"@FRAMEWORK@/framework/sdk/serve.py\", line 39, in the_one_in","    spec.loader.exec_module(module)","  File \"<frozen importlib._bootstrap_external>\", line 940, in exec_module","  File \"<frozen importlib._bootstrap>\", line 241, in _call_with_frames_removed","  File \"@FOLDER@/integrations/six/main.py\", line 1, in <module>","    import six","ModuleNotFoundError: No module named ''six''"]}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',15,CAST('{"identifier":"returned","at":"2026-11-24T22:40:00.760Z","from":"PENDING","to":"STARTING","pid":7782}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',16,CAST('{"identifier":"returned","at":"2026-11-24T22:40:00.794Z","from":"STARTING","to":"READY","pid":7782}' AS BLOB));
INSERT INTO "transitions" VALUES('returned',17,CAST('{"identifier":"returned","at":"2026-11-24T22:40:00.794Z","from":"READY","to":"DEGRADED","reason":"the new environment 179f10ede1b2 is not used: 3 ends in its first 5 minutes, the last: exit status 1: ModuleNotFoundError: No module named ''six''","pid":7782}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',9,CAST('{"identifier":"stopped","at":"2026-11-24T22:40:01.706Z","from":"READY","to":"STOPPING","reason":"stopped by an operator","pid":7742}' AS BLOB));
INSERT INTO "transitions" VALUES('stopped',10,CAST('{"identifier":"stopped","at":"2026-11-24T22:40:01.717Z","from":"STOPPING","to":"STOPPED","reason":"stopped by an operator","pid":7742,"exitCode":0}' AS BLOB));
CREATE INDEX unfinished ON deliveries (number) WHERE state != 'done';
CREATE INDEX newest ON deliveries (identifier, number);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('deliveries',7);
COMMIT;
PRAGMA user_version = 2;
