using System.Net;
using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Access;

public sealed class UsersTests
{
    private const string Password = "correct horse battery";
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.7");

    [Fact]
    public async Task SignIn_RightPassword_IsThePersonAndAudited()
    {
        await using var fixture = await StartAsync();

        var person = (await fixture.Users.SignInAsync("  Ada ", Password, Home, AccessFixture.Cancel)).Value;

        Assert.Equal("ada", person.Name);
        Assert.Equal("ada/mesh-system:admin,mesh-system:authenticated", person.Actor.ToString());
        Assert.Contains(await fixture.Store.AuditAsync(10, AccessFixture.Cancel), a => a is { Action: "signed in", Actor: "ada", Detail: "from 192.0.2.7" });
    }

    [Fact]
    public async Task SignIn_UnknownNameAndWrongPassword_GetTheSameAnswer()
    {
        await using var fixture = await StartAsync();

        var wrong = (await fixture.Users.SignInAsync("ada", "something else 1", Home, AccessFixture.Cancel)).Refusal;
        var unknown = (await fixture.Users.SignInAsync("bob", "something else 1", Home, AccessFixture.Cancel)).Refusal;
        var absurd = (await fixture.Users.SignInAsync(new string('x', 100_000), new string('y', 100_000), Home, AccessFixture.Cancel)).Refusal;

        Assert.Equal(RefusalReason.Unauthenticated, wrong!.Reason);
        Assert.Same(wrong, unknown);
        Assert.Same(wrong, absurd);
    }

    [Fact]
    public async Task SignIn_FiveFailures_HoldsThatNameAtThatAddressOnly()
    {
        await using var fixture = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await fixture.Users.SignInAsync("ada", "something else 1", Home, AccessFixture.Cancel);
        }

        var held = (await fixture.Users.SignInAsync("ada", Password, Home, AccessFixture.Cancel)).Refusal!;
        Assert.Equal("Too many tries. Wait 5 seconds and try again.", held.Detail);
        Assert.True((await fixture.Users.SignInAsync("ada", Password, IPAddress.Parse("192.0.2.8"), AccessFixture.Cancel)).Ok);
        Assert.Contains(await fixture.Store.AuditAsync(10, AccessFixture.Cancel), a => a is { Action: "sign-in held", Target: "ada" });

        fixture.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.True((await fixture.Users.SignInAsync("ada", Password, Home, AccessFixture.Cancel)).Ok);
    }

    [Fact]
    public async Task SignIn_UnknownNameIsHeld_AuditDoesNotRepeatWhatWasTyped()
    {
        await using var fixture = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await fixture.Users.SignInAsync("my-secret-password", "ada", Home, AccessFixture.Cancel);
        }

        var audit = await fixture.Store.AuditAsync(20, AccessFixture.Cancel);
        Assert.Single(audit, a => a is { Action: "sign-in held", Target: "(no such person)" });
        Assert.DoesNotContain(audit, a => (a.Target + a.Detail).Contains("my-secret-password", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("bob", "short", "password")]
    [InlineData("bob", "aaaaaaaaaaaaaaaa", "password")]
    [InlineData("bob@example.com", "Bob@Example.com", "password")]
    [InlineData("", "correct horse battery", "name")]
    [InlineData("mesh-system:admin", "correct horse battery", "name")]
    [InlineData("<script>", "correct horse battery", "name")]
    [InlineData("ada", "correct horse battery", "name")]
    public async Task Create_BreaksARule_NamesTheField(string name, string password, string field)
    {
        await using var fixture = await StartAsync();

        var refusal = (await fixture.Users.CreateAsync(AccessFixture.Admin, name, password, [], AccessFixture.Cancel)).Refusal!;

        Assert.Equal(field, Assert.Single(refusal.Violations).Field);
        Assert.True(password.Length == 0 || !refusal.ToString().Contains(password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Change_NotAnAdministrator_IsDenied()
    {
        await using var fixture = await StartAsync();

        Assert.Equal(RefusalReason.Forbidden, (await fixture.Users.CreateAsync(AccessFixture.John, "bob", Password, [], AccessFixture.Cancel)).Refusal!.Reason);
        Assert.Equal(RefusalReason.Forbidden, (await fixture.Users.DeleteAsync(AccessFixture.John, "ada", AccessFixture.Cancel)).Refusal!.Reason);
        Assert.Equal(RefusalReason.Forbidden, (await fixture.Users.SetPasswordAsync(AccessFixture.John, "ada", Password, "another long one", Home, AccessFixture.Cancel)).Refusal!.Reason);
        Assert.Equal(RefusalReason.Unauthenticated, (await fixture.Users.SetGroupsAsync(Actor.Anonymous, "ada", [], AccessFixture.Cancel)).Refusal!.Reason);
    }

    [Fact]
    public async Task LastAdministrator_CanNeitherBeRemovedNorDemoted()
    {
        await using var fixture = await StartAsync();

        Assert.Equal(RefusalReason.Conflict, (await fixture.Users.DeleteAsync(AccessFixture.Admin, "ada", AccessFixture.Cancel)).Refusal!.Reason);
        Assert.Equal(RefusalReason.Conflict, (await fixture.Users.SetGroupsAsync(AccessFixture.Admin, "ada", ["team-a"], AccessFixture.Cancel)).Refusal!.Reason);

        await fixture.Users.CreateAsync(AccessFixture.Admin, "bob", Password, [Actor.AdminGroup], AccessFixture.Cancel);
        Assert.True((await fixture.Users.DeleteAsync(AccessFixture.Admin, "ada", AccessFixture.Cancel)).Ok);
        Assert.Equal<string>(["bob"], (await fixture.Users.ListAsync(AccessFixture.Cancel)).Select(p => p.Name));
    }

    [Fact]
    public async Task SetPassword_OwnWithoutTheCurrentOne_IsRefused()
    {
        await using var fixture = await StartAsync();
        var ada = (await fixture.Users.FindAsync("ada", AccessFixture.Cancel))!;

        var refusal = (await fixture.Users.SetPasswordAsync(ada.Actor, "ada", "wrong one 12345", "another long one", Home, AccessFixture.Cancel)).Refusal!;
        Assert.Equal("current", Assert.Single(refusal.Violations).Field);

        var changed = (await fixture.Users.SetPasswordAsync(ada.Actor, "ada", Password, "another long one", Home, AccessFixture.Cancel)).Value;
        Assert.NotEqual(ada.Stamp, changed.Stamp);
        Assert.False((await fixture.Users.SignInAsync("ada", Password, Home, AccessFixture.Cancel)).Ok);
        Assert.True((await fixture.Users.SignInAsync("ada", "another long one", Home, AccessFixture.Cancel)).Ok);
    }

    [Fact]
    public async Task SetGroups_ChangesTheStamp()
    {
        await using var fixture = await StartAsync();
        var bob = (await fixture.Users.CreateAsync(AccessFixture.Admin, "bob", Password, [], AccessFixture.Cancel)).Value;

        var changed = (await fixture.Users.SetGroupsAsync(AccessFixture.Admin, "bob", [Actor.AdminGroup, " team-a "], AccessFixture.Cancel)).Value;

        Assert.NotEqual(bob.Stamp, changed.Stamp);
        Assert.Equal<string>([Actor.AdminGroup, "team-a"], changed.Groups);
    }

    [Fact]
    public async Task SignIn_HashOfFewerRounds_IsHashedAnew()
    {
        await using var fixture = await StartAsync();
        using var stricter = new Users(fixture.Contexts, fixture.Time, iterations: 20);

        Assert.True((await stricter.SignInAsync("ada", Password, Home, AccessFixture.Cancel)).Ok);

        using var context = fixture.Contexts.Create();
        var hash = Convert.FromBase64String(context.Users.Single().PasswordHash);
        Assert.Equal(20, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(5)));
        Assert.True((await stricter.SignInAsync("ada", Password, Home, AccessFixture.Cancel)).Ok);
    }

    [Fact]
    public async Task Setup_GoodCode_MakesTheFirstAdministratorOnce()
    {
        await using var fixture = await AccessFixture.StartAsync();
        using var setup = new SetupCode(fixture.Users, fixture.Time);
        var code = (await setup.CreateAsync(AccessFixture.Cancel))!;

        Assert.Equal(43, code.Length);
        Assert.False((await setup.UseAsync(code, "ada", "short", AccessFixture.Cancel)).Ok); // does not use it up
        Assert.True((await setup.UseAsync(code, "ada", Password, AccessFixture.Cancel)).Value.IsAdmin);
        Assert.Equal("There is an administrator already; sign in, or ask to be added.", (await setup.UseAsync(code, "eve", Password, AccessFixture.Cancel)).Refusal!.Detail);
        Assert.Null(await setup.CreateAsync(AccessFixture.Cancel));
    }

    [Fact]
    public async Task Setup_OldOrWrongCode_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync();
        using var setup = new SetupCode(fixture.Users, fixture.Time);
        Assert.False((await setup.UseAsync("", "ada", Password, AccessFixture.Cancel)).Ok);
        var first = (await setup.CreateAsync(AccessFixture.Cancel))!;
        var second = (await setup.CreateAsync(AccessFixture.Cancel))!;

        Assert.False((await setup.UseAsync(first, "ada", Password, AccessFixture.Cancel)).Ok);
        Assert.False((await setup.UseAsync(new string('x', 100_000), "ada", Password, AccessFixture.Cancel)).Ok);
        fixture.Time.Advance(SetupCode.Life);
        Assert.Contains("15 minutes", (await setup.UseAsync(second, "ada", Password, AccessFixture.Cancel)).Refusal!.Detail, StringComparison.Ordinal);
        Assert.Empty(await fixture.Users.ListAsync(AccessFixture.Cancel));
    }

    [Fact]
    public async Task Postgres_People_AreAddedSignedInAndRemoved()
    {
        await using var fixture = await AccessFixture.StartOnPostgresAsync();

        Assert.True((await fixture.Users.CreateAsync(AccessFixture.Admin, "ada", Password, [Actor.AdminGroup], AccessFixture.Cancel)).Ok);
        Assert.True((await fixture.Users.CreateAsync(AccessFixture.Admin, "bob", Password, [], AccessFixture.Cancel)).Ok);
        Assert.True((await fixture.Users.SignInAsync("bob", Password, Home, AccessFixture.Cancel)).Ok);
        Assert.True((await fixture.Users.DeleteAsync(AccessFixture.Admin, "bob", AccessFixture.Cancel)).Ok);
        Assert.Equal(RefusalReason.Conflict, (await fixture.Users.DeleteAsync(AccessFixture.Admin, "ada", AccessFixture.Cancel)).Refusal!.Reason);
        Assert.Equal(
            ["added person", "added person", "signed in", "removed person"],
            (await fixture.Store.AuditAsync(10, AccessFixture.Cancel)).Reverse().Select(a => a.Action));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Setup_TwoAtTheSameTime_OneWins(bool postgres)
    {
        await using var fixture = postgres ? await AccessFixture.StartOnPostgresAsync() : await AccessFixture.StartAsync();
        using var here = new SetupCode(fixture.Users, fixture.Time);
        using var replica = new SetupCode(fixture.Users, fixture.Time);
        var codes = ((await here.CreateAsync(AccessFixture.Cancel))!, (await replica.CreateAsync(AccessFixture.Cancel))!);

        var results = await Task.WhenAll(
            here.UseAsync(codes.Item1, "ada", Password, AccessFixture.Cancel),
            replica.UseAsync(codes.Item2, "eve", Password, AccessFixture.Cancel));

        Assert.Single(results, r => r.Ok);
        Assert.Single(await fixture.Users.ListAsync(AccessFixture.Cancel));
    }

    private static async Task<AccessFixture> StartAsync()
    {
        var fixture = await AccessFixture.StartAsync();
        Assert.True((await fixture.Users.CreateAsync(AccessFixture.Admin, "Ada", Password, [Actor.AdminGroup], AccessFixture.Cancel)).Ok);
        return fixture;
    }
}
