using Dapper;
using Homeostat.Server.Hosting;
using Microsoft.Data.Sqlite;

namespace Homeostat.Server.Registry;

/// <summary>
/// The registry's tables, by version. A migration is never edited once released; a new one is added at the end. The version is SQLite's
/// <c>user_version</c> and moves in the same transaction as the tables.
/// </summary>
internal static class RegistrySchema
{
    /// <summary>"hmst": tells our files from other SQLite databases.</summary>
    private const int ApplicationId = 0x686d7374;

    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE services (
            name TEXT PRIMARY KEY,
            tenant TEXT NOT NULL,
            revision INTEGER,            -- the current one; null: removed. The row stays, so that numbers are never used again
            last_revision INTEGER NOT NULL,
            changed_at INTEGER NOT NULL  -- unix milliseconds
        ) STRICT;
        CREATE TABLE revisions (
            service TEXT NOT NULL REFERENCES services (name),
            number INTEGER NOT NULL,
            digest TEXT NOT NULL,
            spec TEXT NOT NULL,          -- canonical service file
            created_at INTEGER NOT NULL,
            PRIMARY KEY (service, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER revisions_are_immutable BEFORE UPDATE ON revisions BEGIN SELECT RAISE(ABORT, 'a revision is immutable'); END;
        CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO counters VALUES ('generation', 0);
        """,
    ];

    public static int Version => Migrations.Length;

    public static void Migrate(SqliteConnection database, string file)
    {
        var version = database.ExecuteScalar<int>("PRAGMA user_version");
        var application = database.ExecuteScalar<int>("PRAGMA application_id");
        if (version > Version)
        {
            throw new PlatformException(
                $"the registry {file} was written by a newer version (schema {version}; this one knows {Version})",
                "Run that version again, or name another --data DIR.");
        }
        if (application != ApplicationId && (version != 0 || database.ExecuteScalar<int>("SELECT count(*) FROM sqlite_schema") != 0))
        {
            throw new PlatformException($"{file} is a database of another program", "Name another --data DIR.");
        }
        for (; version < Version; version++)
        {
            using var transaction = database.BeginTransaction();
            database.Execute(Migrations[version], transaction: transaction);
            database.Execute($"PRAGMA user_version = {version + 1}; PRAGMA application_id = {ApplicationId}", transaction: transaction);
            transaction.Commit();
        }
    }
}
