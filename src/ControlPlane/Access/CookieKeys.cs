using System.Text;
using System.Xml.Linq;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Keeps the keys of cookies and antiforgery tokens in the database, so that a cookie is good at every replica and after a
/// restart.
/// </summary>
internal sealed class CookieKeyRepository(StoreContextFactory contexts) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var context = contexts.Create();
        return [.. context.DataProtectionKeys.AsNoTracking().Select(k => k.Xml).ToList().Where(x => !string.IsNullOrEmpty(x)).Select(x => XElement.Parse(x!))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var context = contexts.Create();
        context.DataProtectionKeys.Add(new DataProtectionKey { FriendlyName = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });
        context.SaveChanges();
    }
}

/// <summary>Seals those keys with the store's secret key: the database alone is not enough to forge a cookie.</summary>
internal sealed class CookieKeySealer(SecretBox box) : IXmlEncryptor
{
    internal const string Element = "sealed";

    /// <summary>What the seal is bound to.</summary>
    internal static ResourceKey Binding { get; } = new("DataProtectionKey", "", "cookies");

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        return new EncryptedXmlInfo(new XElement(Element, Convert.ToBase64String(box.Seal(Binding, plain))), typeof(CookieKeyOpener));
    }
}

/// <summary>Opens what <see cref="CookieKeySealer"/> sealed; made by data protection from the type's name in the stored key.</summary>
internal sealed class CookieKeyOpener(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var box = services.GetRequiredService<SecretBox>();
        return XElement.Parse(Encoding.UTF8.GetString(box.Open(CookieKeySealer.Binding, Convert.FromBase64String(encryptedElement.Value))));
    }
}
