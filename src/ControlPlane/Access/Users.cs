using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace MeshConsole.ControlPlane.Access;

/// <summary>A person as the console shows one.</summary>
/// <param name="Name">Sign-in name.</param>
/// <param name="Groups">Groups given to the person.</param>
/// <param name="CreationTime">When the person was added (UTC).</param>
/// <param name="Stamp">Changes with the password and the groups; a cookie with another stamp is no longer good.</param>
public sealed record Person(string Name, ImmutableArray<string> Groups, DateTimeOffset CreationTime, string Stamp)
{
    /// <summary>True for administrators.</summary>
    public bool IsAdmin => Groups.Contains(Actor.AdminGroup);

    /// <summary>The person as an actor; everybody who signed in also belongs to <see cref="Actor.AuthenticatedGroup"/>.</summary>
    public Actor Actor => new(Name, [.. Groups.Append(Actor.AuthenticatedGroup).Distinct(StringComparer.Ordinal)]);

    /// <inheritdoc />
    public override string ToString() => Actor.ToString();
}

/// <summary>
/// The people who may sign in at the console. They are ours alone and travel nowhere. Each change is one database
/// transaction together with its audit entry.
/// </summary>
public sealed class Users : IDisposable
{
    // OWASP's figure for PBKDF2 with HMAC-SHA512; about a tenth of a second.
    private const int Iterations = 210_000;
    private const int MaxGroups = 32;
    private const int MaxTries = 5;
    private readonly StoreContextFactory contexts;
    private readonly TimeProvider time;
    private readonly PasswordHasher<UserRow> hasher;
    private readonly SignInThrottle throttle;
    private readonly SemaphoreSlim hashing = new(2); // a hash is expensive on purpose; guessers must not get all cores
    private readonly UserRow nobody;

    /// <summary>People in the database that <paramref name="contexts"/> opens.</summary>
    public Users(StoreContextFactory contexts, TimeProvider time)
        : this(contexts, time, Iterations)
    {
    }

    internal Users(StoreContextFactory contexts, TimeProvider time, int iterations)
    {
        this.contexts = contexts;
        this.time = time;
        hasher = new PasswordHasher<UserRow>(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
        throttle = new SignInThrottle(time);
        nobody = new UserRow { Name = "", PasswordHash = HashOfNobody(iterations), Groups = "", Stamp = "" };
    }

    /// <summary>True when somebody can administrate; only then is set-up over.</summary>
    public async Task<bool> HasAdministratorAsync(CancellationToken cancellationToken)
    {
        using var context = contexts.Create();
        return await HasAdministratorAsync(context, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The person of that name, or null.</summary>
    public async Task<Person?> FindAsync(string name, CancellationToken cancellationToken)
    {
        using var context = contexts.Create();
        var normalized = PasswordRules.Normalize(name);
        var row = await context.Users.AsNoTracking().FirstOrDefaultAsync(u => u.Name == normalized, cancellationToken).ConfigureAwait(false);
        return row is null ? null : ToPerson(row);
    }

    /// <summary>Everybody, by name.</summary>
    public async Task<IReadOnlyList<Person>> ListAsync(CancellationToken cancellationToken)
    {
        using var context = contexts.Create();
        var rows = await context.Users.AsNoTracking().OrderBy(u => u.Name).ToListAsync(cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(ToPerson)];
    }

    /// <summary>
    /// Checks name and password. A name that does not exist costs the same time and gets the same answer as a wrong password.
    /// </summary>
    /// <param name="name">As typed.</param>
    /// <param name="password">As typed.</param>
    /// <param name="address">Where the try comes from.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Result<Person>> SignInAsync(string name, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        var normalized = PasswordRules.Normalize(name);
        if (normalized.Length > PasswordRules.MaxNameLength || password.Length > PasswordRules.MaxLength)
        {
            return WrongPassword;
        }

        var wait = throttle.Begin(normalized, address);
        if (wait > TimeSpan.Zero)
        {
            return TooMany(wait);
        }

        using var context = contexts.Create();
        var row = await context.Users.FirstOrDefaultAsync(u => u.Name == normalized, cancellationToken).ConfigureAwait(false);
        var verdict = await VerifyAsync(row ?? nobody, password, cancellationToken).ConfigureAwait(false);
        if (row is null || verdict == PasswordVerificationResult.Failed)
        {
            // One entry when a name begins to be held, not one per try: a guesser must not fill the trail. What was typed for
            // a name that does not exist may be a password, so it is not written down.
            if (throttle.IsHeld(normalized, address))
            {
                Note(context, Actor.Anonymous, "sign-in held", row?.Name ?? "(no such person)", $"too many wrong passwords from {address}");
                await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
            }

            return WrongPassword;
        }

        throttle.Succeeded(normalized, address);
        if (verdict == PasswordVerificationResult.SuccessRehashNeeded)
        {
            row.PasswordHash = await HashAsync(row, password, cancellationToken).ConfigureAwait(false);
        }

        var person = ToPerson(row);
        Note(context, person.Actor, "signed in", row.Name, $"from {address}");
        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        return person;
    }

    /// <summary>Adds a person.</summary>
    public Task<Result<Person>> CreateAsync(Actor actor, string name, string password, IEnumerable<string> groups, CancellationToken cancellationToken) =>
        AccessRules.Administer(actor, "people") is { } denied
            ? Task.FromResult<Result<Person>>(denied)
            : AddAsync(actor, name, password, groups, onlyAsFirst: false, cancellationToken);

    /// <summary>Adds the first administrator; refused as soon as there is one.</summary>
    internal Task<Result<Person>> CreateFirstAdministratorAsync(string name, string password, CancellationToken cancellationToken) =>
        AddAsync(Actor.System, name, password, [Actor.AdminGroup], onlyAsFirst: true, cancellationToken);

    /// <summary>Sets another password; all cookies of the person end.</summary>
    /// <param name="actor">An administrator, or the person itself.</param>
    /// <param name="name">Whose.</param>
    /// <param name="current">The password until now; needed when people change their own.</param>
    /// <param name="password">The new one.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Result<Person>> SetPasswordAsync(Actor actor, string name, string? current, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        var normalized = PasswordRules.Normalize(name);
        var own = actor.Name == normalized;
        if (!own && AccessRules.Administer(actor, "people") is { } denied)
        {
            return denied;
        }

        var violations = new ViolationList();
        PasswordRules.CheckPassword(normalized, password, violations);
        if (!violations.IsEmpty)
        {
            return Refusal.Invalid(violations, "Could not set the password");
        }

        using var context = contexts.Create();
        if (await context.Users.FirstOrDefaultAsync(u => u.Name == normalized, cancellationToken).ConfigureAwait(false) is not { } row)
        {
            return Refusal.NotFound("Could not set the password");
        }

        if (own)
        {
            var wait = throttle.Begin(normalized, address);
            if (wait > TimeSpan.Zero)
            {
                return TooMany(wait);
            }

            if (current is null or { Length: > PasswordRules.MaxLength }
                || await VerifyAsync(row, current, cancellationToken).ConfigureAwait(false) == PasswordVerificationResult.Failed)
            {
                return Refusal.Invalid("current", "is not your password", "Could not set the password");
            }

            throttle.Succeeded(normalized, address);
        }

        row.PasswordHash = await HashAsync(row, password, cancellationToken).ConfigureAwait(false);
        row.Stamp = NewStamp();
        Note(context, actor, "password changed", row.Name, "");
        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        return ToPerson(row);
    }

    /// <summary>Gives a person other groups; refused when no administrator would be left.</summary>
    public Task<Result<Person>> SetGroupsAsync(Actor actor, string name, IEnumerable<string> groups, CancellationToken cancellationToken) =>
        ChangeAsync(actor, name, (context, row) =>
        {
            row.Groups = JoinGroups(groups);
            row.Stamp = NewStamp();
            Note(context, actor, "groups changed", row.Name, row.Groups);
        }, keepsAdmin: SplitGroups(JoinGroups(groups)).Contains(Actor.AdminGroup), cancellationToken);

    /// <summary>Removes a person; refused for the last administrator.</summary>
    public Task<Result<Person>> DeleteAsync(Actor actor, string name, CancellationToken cancellationToken) =>
        ChangeAsync(actor, name, (context, row) =>
        {
            context.Users.Remove(row);
            Note(context, actor, "removed person", row.Name, "");
        }, keepsAdmin: false, cancellationToken);

    /// <summary>
    /// The demo's administrator: made when missing, with a password that nobody knows; signs in by <see cref="DemoSignIn"/>.
    /// </summary>
    internal async Task<Person> EnsureAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken).ConfigureAwait(false) is { } known)
        {
            return known;
        }

        var created = await AddAsync(Actor.System, name, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), [Actor.AdminGroup], onlyAsFirst: false, cancellationToken).ConfigureAwait(false);
        return created.Value;
    }

    /// <summary>Notes a sign-in that needed no password.</summary>
    internal async Task NoteSignInAsync(Person person, string how, CancellationToken cancellationToken)
    {
        using var context = contexts.Create();
        Note(context, person.Actor, "signed in", person.Name, how);
        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public void Dispose() => hashing.Dispose();

    private static Refusal WrongPassword { get; } = new(RefusalReason.Unauthenticated, "Could not sign in", "Name or password is wrong.");

    private static Refusal TooMany(TimeSpan wait) => new(
        RefusalReason.Unauthenticated,
        "Could not sign in",
        string.Create(CultureInfo.InvariantCulture, $"Too many tries. Wait {(wait.TotalSeconds < 90 ? $"{Math.Ceiling(wait.TotalSeconds)} seconds" : $"{Math.Ceiling(wait.TotalMinutes)} minutes")} and try again."));

    private static async Task<bool> HasAdministratorAsync(StoreContext context, CancellationToken cancellationToken)
    {
        var groups = await context.Users.AsNoTracking().Select(u => u.Groups).ToListAsync(cancellationToken).ConfigureAwait(false);
        return groups.Any(g => SplitGroups(g).Contains(Actor.AdminGroup));
    }

    private static Person ToPerson(UserRow row) => new(row.Name, SplitGroups(row.Groups), new DateTimeOffset(row.CreationTime, TimeSpan.Zero), row.Stamp);

    private static ImmutableArray<string> SplitGroups(string groups) => [.. groups.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static string JoinGroups(IEnumerable<string> groups) => string.Join(',', groups.Select(g => g.Trim()).Where(g => g.Length > 0).Distinct(StringComparer.Ordinal));

    private static string NewStamp() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>
    /// What stands in for the hash of a person who does not exist: it costs a full verification and no password fits. The
    /// form is that of ASP.NET Core's hasher, version 3: a mark, function, rounds, size of the salt, salt, key.
    /// </summary>
    private static string HashOfNobody(int iterations)
    {
        var hash = new byte[13 + 16 + 32];
        hash[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(hash.AsSpan(1), 2); // HMAC-SHA512
        BinaryPrimitives.WriteInt32BigEndian(hash.AsSpan(5), iterations);
        BinaryPrimitives.WriteInt32BigEndian(hash.AsSpan(9), 16);
        RandomNumberGenerator.Fill(hash.AsSpan(13));
        return Convert.ToBase64String(hash);
    }

    private void Note(StoreContext context, Actor actor, string action, string target, string detail) => context.Audit.Add(new AuditRow
    {
        Time = time.GetUtcNow().UtcTicks,
        Actor = actor.Name,
        Action = action,
        Target = target,
        Detail = detail,
    });

    private UserRow NewRow(string name, string password, IEnumerable<string> groups)
    {
        var row = new UserRow { Name = name, PasswordHash = "", Groups = JoinGroups(groups), CreationTime = time.GetUtcNow().UtcTicks, Stamp = NewStamp() };
        row.PasswordHash = hasher.HashPassword(row, password);
        return row;
    }

    private async Task<PasswordVerificationResult> VerifyAsync(UserRow row, string password, CancellationToken cancellationToken)
    {
        await hashing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => hasher.VerifyHashedPassword(row, row.PasswordHash, password), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            hashing.Release();
        }
    }

    private async Task<string> HashAsync(UserRow row, string password, CancellationToken cancellationToken)
    {
        await hashing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => hasher.HashPassword(row, password), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            hashing.Release();
        }
    }

    private async Task<Result<Person>> AddAsync(Actor actor, string name, string password, IEnumerable<string> groups, bool onlyAsFirst, CancellationToken cancellationToken)
    {
        const string Title = "Could not add a person";
        var normalized = PasswordRules.Normalize(name);
        var list = groups.ToList();
        var violations = new ViolationList();
        PasswordRules.CheckName(normalized, violations);
        PasswordRules.CheckPassword(normalized, password, violations);
        CheckGroups(list, violations);
        if (!violations.IsEmpty)
        {
            return Refusal.Invalid(violations, Title);
        }

        var row = NewRow(normalized, password, list);
        return await RetryAsync(() => StoreAsync(actor, row, onlyAsFirst, cancellationToken)).ConfigureAwait(false);
    }

    private async Task<Result<Person>> StoreAsync(Actor actor, UserRow row, bool onlyAsFirst, CancellationToken cancellationToken)
    {
        const string Title = "Could not add a person";
        using var context = contexts.Create();
        await using var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken).ConfigureAwait(false);
        if (onlyAsFirst && await HasAdministratorAsync(context, cancellationToken).ConfigureAwait(false))
        {
            return new Refusal(RefusalReason.Conflict, Title, "There is an administrator already; sign in, or ask to be added.");
        }

        if (await context.Users.AsNoTracking().AnyAsync(u => u.Name == row.Name, cancellationToken).ConfigureAwait(false))
        {
            return Refusal.Invalid("name", "is taken", Title);
        }

        context.Users.Add(row);
        Note(context, actor, "added person", row.Name, row.Groups);
        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return ToPerson(row);
    }

    private static void CheckGroups(List<string> groups, ViolationList violations)
    {
        violations.AddIf(groups.Count > MaxGroups, "groups", $"has at most {MaxGroups} items");
        violations.AddIf(groups.Any(g => g.Length > 128 || g.Contains(',', StringComparison.Ordinal) || g.Any(char.IsControl)), "groups", "has names of at most 128 characters without commas");
    }

    /// <summary>
    /// Serializable transactions of two replicas can meet; the database lets one through and tells the other to try again.
    /// </summary>
    private static async Task<Result<Person>> RetryAsync(Func<Task<Result<Person>>> attempt)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (Exception e) when (tries < MaxTries && (e as DbException ?? e.InnerException as DbException ?? e.InnerException?.InnerException as DbException) is { IsTransient: true })
            {
                // What it decided no longer holds, nothing of it is stored: decide again.
            }
        }
    }

    private async Task<Result<Person>> ChangeAsync(Actor actor, string name, Action<StoreContext, UserRow> change, bool keepsAdmin, CancellationToken cancellationToken) =>
        AccessRules.Administer(actor, "people") is { } denied
            ? denied
            : await RetryAsync(() => ChangeOnceAsync(PasswordRules.Normalize(name), change, keepsAdmin, cancellationToken)).ConfigureAwait(false);

    private async Task<Result<Person>> ChangeOnceAsync(string normalized, Action<StoreContext, UserRow> change, bool keepsAdmin, CancellationToken cancellationToken)
    {
        const string Title = "Could not change a person";
        using var context = contexts.Create();
        await using var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken).ConfigureAwait(false);
        if (await context.Users.FirstOrDefaultAsync(u => u.Name == normalized, cancellationToken).ConfigureAwait(false) is not { } row)
        {
            return Refusal.NotFound(Title);
        }

        var person = ToPerson(row);
        if (person.IsAdmin && !keepsAdmin)
        {
            var others = await context.Users.AsNoTracking().Where(u => u.Name != normalized).ToListAsync(cancellationToken).ConfigureAwait(false);
            if (!others.Any(o => ToPerson(o).IsAdmin))
            {
                return new Refusal(RefusalReason.Conflict, Title, $"{normalized} is the only administrator; make somebody else one first.");
            }
        }

        change(context, row);
        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return ToPerson(row);
    }
}
