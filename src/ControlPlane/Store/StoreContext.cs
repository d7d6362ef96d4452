using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Store;

/// <summary>The tables, the same on both databases; each database has a derived context with its own migrations.</summary>
public abstract class StoreContext(DbContextOptions options) : DbContext(options), IDataProtectionKeyContext
{
    /// <summary>Current state.</summary>
    public DbSet<ResourceRow> Resources => Set<ResourceRow>();

    /// <summary>Deletions, newest kept.</summary>
    public DbSet<TombstoneRow> Tombstones => Set<TombstoneRow>();

    /// <summary>Versions that people wrote.</summary>
    public DbSet<HistoryRow> History => Set<HistoryRow>();

    /// <summary>The audit trail.</summary>
    public DbSet<AuditRow> Audit => Set<AuditRow>();

    /// <summary>People.</summary>
    public DbSet<UserRow> Users => Set<UserRow>();

    /// <summary>The store's own values.</summary>
    public DbSet<MetaRow> Meta => Set<MetaRow>();

    /// <summary>Keys of cookies and antiforgery tokens; in the database, so that a cookie is good at every replica.</summary>
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ResourceRow>(e =>
        {
            e.HasKey(r => new { r.Kind, r.Mesh, r.Name });
            e.HasIndex(r => r.Revision);
        });
        modelBuilder.Entity<TombstoneRow>(e =>
        {
            e.HasKey(r => r.Revision);
            e.Property(r => r.Revision).ValueGeneratedNever();
        });
        modelBuilder.Entity<HistoryRow>(e =>
        {
            e.HasKey(r => r.Revision);
            e.Property(r => r.Revision).ValueGeneratedNever();
            e.HasIndex(r => new { r.Kind, r.Mesh, r.Name, r.Revision });
        });
        modelBuilder.Entity<AuditRow>(e =>
        {
            e.HasKey(r => r.Id);
            e.HasIndex(r => r.Time);
        });
        modelBuilder.Entity<UserRow>().HasKey(r => r.Name);
        modelBuilder.Entity<MetaRow>().HasKey(r => r.Key);
    }
}

/// <summary>The tables on SQLite.</summary>
public sealed class SqliteStoreContext(DbContextOptions<SqliteStoreContext> options) : StoreContext(options);

/// <summary>The tables on PostgreSQL.</summary>
public sealed class PostgresStoreContext(DbContextOptions<PostgresStoreContext> options) : StoreContext(options);
