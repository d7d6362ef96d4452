using MeshConsole.ControlPlane.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Who may do what: tokens, people, sessions, rules. A request flows host guard, authentication, credential guard, handler;
/// a handler asks <see cref="AccessRules"/> about <see cref="Principals.Actor(Microsoft.AspNetCore.Http.HttpContext)"/>.
/// </summary>
public static class AccessServices
{
    private const string ByHeader = "ByHeader";

    /// <summary>
    /// Registers the module. Needs in the container: <see cref="ResourceStore"/>, <see cref="StoreContextFactory"/>,
    /// <see cref="SecretBox"/>, the kind registry, the site and a <see cref="TimeProvider"/>.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="hosts">Names under which browsers may call; asked once, when the first request needs them.</param>
    /// <param name="tokens">Valid settings of tokens.</param>
    /// <param name="refuse">Writes Kuma's error envelope.</param>
    public static IServiceCollection AddAccess(this IServiceCollection services, Func<IServiceProvider, AllowedHosts> hosts, TokenOptions tokens, RefusalWriter refuse)
    {
        services.AddSingleton(hosts);
        services.AddSingleton(refuse);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(tokens);
        services.AddSingleton(_ => new PublicKeys(tokens));
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<Tokens>();
        services.AddSingleton<TokenRequests>();
        services.AddSingleton<AdminToken>();
        services.AddSingleton(provider => new Users(provider.GetRequiredService<StoreContextFactory>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SetupCode>();
        services.AddSingleton<DemoSignIn>();

        services.AddAuthentication(ByHeader)
            .AddPolicyScheme(ByHeader, displayName: null, options => options.ForwardDefaultSelector = context =>
                BearerHandler.TokenOf(context.Request) is not null && !IsGrpc(context.Request.ContentType) ? BearerHandler.SchemeName : ConsoleSession.Scheme)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, displayName: null, configureOptions: null)
            .AddCookie(ConsoleSession.Scheme, ConsoleSession.Configure);
        services.AddOptions<CookieAuthenticationOptions>(ConsoleSession.Scheme).Configure<TimeProvider>((options, time) => options.TimeProvider = time);
        services.AddAuthorization();

        services.AddDataProtection().SetApplicationName("MeshConsole");
        services.AddOptions<KeyManagementOptions>().Configure<StoreContextFactory, SecretBox>((options, contexts, box) =>
        {
            options.XmlRepository = new CookieKeyRepository(contexts);
            options.XmlEncryptor = new CookieKeySealer(box);
        });

        // ASP.NET Core's own filter reads the same setting and would refuse localhost; ours stands in its place.
        services.PostConfigure<HostFilteringOptions>(options => options.AllowedHosts = ["*"]);
        return services;
    }

    /// <summary>
    /// Puts the guards and authentication into the pipeline: before routing and before anything that answers.
    /// </summary>
    /// <param name="app">The pipeline.</param>
    /// <param name="guards">
    /// Local ports on which the guards stand: those of browsers and REST. Not those of zones and proxies, which show other
    /// tokens, and not that of diagnostics.
    /// </param>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app, Func<int, bool> guards) =>
        app.UseMiddleware<HostGuard>(guards).UseAuthentication().UseMiddleware<CredentialGuard>(guards);

    private static bool IsGrpc(string? contentType) => contentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
}
